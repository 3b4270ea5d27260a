"""The words of the built-in sample of the translation pipeline, and the inflection of the Spanish ones."""


def _table(text, fields):
    return [dict(zip(fields, line.split(maxsplit=len(fields) - 1), strict=True)) for line in text.strip().splitlines()]


NOUNS = _table(
    """
    boy        boys        chico      chicos      m person
    girl       girls       chica      chicas      f person
    man        men         hombre     hombres     m person
    woman      women       mujer      mujeres     f person
    brother    brothers    hermano    hermanos    m person
    sister     sisters     hermana    hermanas    f person
    uncle      uncles      tío        tíos        m person
    aunt       aunts       tía        tías        f person
    teacher    teachers    profesor   profesores  m person
    nurse      nurses      enfermera  enfermeras  f person
    dog        dogs        perro      perros      m animal
    cow        cows        vaca       vacas       f animal
    horse      horses      caballo    caballos    m animal
    hen        hens        gallina    gallinas    f animal
    apple      apples      manzana    manzanas    f food
    egg        eggs        huevo      huevos      m food
    cake       cakes       pastel     pasteles    m food
    onion      onions      cebolla    cebollas    f food
    lemon      lemons      limón      limones     m food
    shirt      shirts      camisa     camisas     f clothes
    shoe       shoes       zapato     zapatos     m clothes
    dress      dresses     vestido    vestidos    m clothes
    skirt      skirts      falda      faldas      f clothes
    hat        hats        sombrero   sombreros   m clothes
    chair      chairs      silla      sillas      f thing
    lamp       lamps       lámpara    lámparas    f thing
    clock      clocks      reloj      relojes     m thing
    car        cars        coche      coches      m thing
    key        keys        llave      llaves      f thing
    door       doors       puerta     puertas     f opening
    box        boxes       caja       cajas       f opening
    drawer     drawers     cajón      cajones     m opening
    book       books       libro      libros      m text
    letter     letters     carta      cartas      f text
    map        maps        mapa       mapas       m text
    poem       poems       poema      poemas      m text
    house      houses      casa       casas       f place
    garden     gardens     jardín     jardines    m place
    hotel      hotels      hotel      hoteles     m place
    school     schools     escuela    escuelas    f place
    city       cities      ciudad     ciudades    f place
    park       parks       parque     parques     m place
    """,
    ("english", "plural", "spanish", "plural_spanish", "gender", "kind"),
)
NAMES = {"Ana": "f", "Marta": "f", "Pedro": "m", "Diego": "m"}

# The third column is the Spanish verb for "to be"; the last holds the kinds of nouns that the adjective fits.
ADJECTIVES = _table(
    """
    red        rojo      ser    food clothes thing opening
    white      blanco    ser    animal clothes thing opening place
    black      negro     ser    animal clothes thing opening
    green      verde     ser    food clothes thing opening
    blue       azul      ser    clothes thing opening
    big        grande    ser    animal food clothes thing opening text place
    small      pequeño   ser    animal food clothes thing opening text place
    old        viejo     ser    person animal clothes thing text place
    new        nuevo     ser    clothes thing opening text place
    beautiful  bonito    ser    animal clothes thing text place
    expensive  caro      ser    food clothes thing text place
    famous     famoso    ser    person text place
    tall       alto      ser    person
    strong     fuerte    ser    person animal
    tired      cansado   estar  person animal
    sick       enfermo   estar  person animal
    sad        triste    estar  person animal
    busy       ocupado   estar  person
    happy      contento  estar  person animal
    open       abierto   estar  opening place
    closed     cerrado   estar  opening place
    clean      limpio    estar  clothes thing opening place
    dirty      sucio     estar  animal clothes thing opening place
    broken     roto      estar  clothes thing opening
    empty      vacío     estar  opening place
    """,
    ("english", "spanish", "copula", "kinds"),
)

# The fourth column is the Spanish infinitive; the last holds the kinds of objects, or "-" if the verb takes none.
VERBS = _table(
    """
    buy    buys    bought   comprar    animal food clothes thing text
    sell   sells   sold     vender     animal food clothes thing text
    wash   washes  washed   lavar      animal food clothes
    clean  cleans  cleaned  limpiar    thing opening place
    paint  paints  painted  pintar     thing opening place
    open   opens   opened   abrir      opening
    close  closes  closed   cerrar     opening
    eat    eats    ate      comer      food
    cook   cooks   cooked   cocinar    food
    write  writes  wrote    escribir   text
    see    sees    saw      ver        person animal thing place
    find   finds   found    encontrar  person animal clothes thing text
    lose   loses   lost     perder     clothes thing text
    break  breaks  broke    romper     thing opening
    bring  brings  brought  traer      food clothes thing text
    help   helps   helped   ayudar     person
    call   calls   called   llamar     person
    visit  visits  visited  visitar    person place
    sleep  sleeps  slept    dormir     -
    work   works   worked   trabajar   -
    sing   sings   sang     cantar     -
    live   lives   lived    vivir      -
    like   likes   liked    gustar     animal food clothes thing text place
    say    says    said     decir      -
    think  thinks  thought  creer      -
    """,
    ("english", "third", "past", "spanish", "kinds"),
)
LIKE, SAY, THINK = VERBS[-3:]
TRANSITIVE = [verb for verb in VERBS[:-3] if verb["kinds"] != "-"]
RESTING = [verb for verb in VERBS[:-3] if verb["kinds"] == "-"]

# Endings by tense and class of the infinitive, for I, you, he or she, we, they.
ENDINGS = {
    ("present", "ar"): "o as a amos an",
    ("present", "er"): "o es e emos en",
    ("present", "ir"): "o es e imos en",
    ("past", "ar"): "é aste ó amos aron",
    ("past", "er"): "í iste ió imos ieron",
    ("past", "ir"): "í iste ió imos ieron",
    ("future", "ar"): "é ás á emos án",
    ("future", "er"): "é ás á emos án",
    ("future", "ir"): "é ás á emos án",
}
# Stems in the present, for all persons but "we".
STRESSED_STEMS = {"cerrar": "cierr", "encontrar": "encuentr", "perder": "pierd", "dormir": "duerm"}
IRREGULAR = {
    ("ver", "present"): "veo ves ve vemos ven",
    ("ver", "past"): "vi viste vio vimos vieron",
    ("traer", "present"): "traigo traes trae traemos traen",
    ("traer", "past"): "traje trajiste trajo trajimos trajeron",
    ("dormir", "past"): "dormí dormiste durmió dormimos durmieron",
    ("decir", "present"): "digo dices dice decimos dicen",
    ("decir", "past"): "dije dijiste dijo dijimos dijeron",
    ("ser", "present"): "soy eres es somos son",
    ("ser", "past"): "era eras era éramos eran",
    ("ser", "future"): "seré serás será seremos serán",
    ("estar", "present"): "estoy estás está estamos están",
    ("estar", "past"): "estaba estabas estaba estábamos estaban",
}
BE = {"present": "am are is are are", "past": "was were was were were", "future": "will will will will will"}

# {pronoun: (index in the tables of verbs, plural, gender)}
PRONOUNS = {
    "I": (0, False, "m"),
    "you": (1, False, "m"),
    "he": (2, False, "m"),
    "she": (2, False, "f"),
    "we": (3, True, "m"),
    "they": (4, True, "m"),
}
# The Spanish pronoun for the person whom something pleases.
PLEASED = {"I": "me", "you": "te", "he": "le", "she": "le", "we": "nos", "they": "les"}
# Spanish: masculine, feminine, masculine plural, feminine plural; "-" where the English word has no such form.
DETERMINERS = _table(
    """
    the    el       la       los       las
    a      un       una      -         -
    this   este     esta     -         -
    these  -        -        estos     estas
    my     mi       mi       mis       mis
    your   tu       tu       tus       tus
    our    nuestro  nuestra  nuestros  nuestras
    their  su       su       sus       sus
    two    -        -        dos       dos
    three  -        -        tres      tres
    many   -        -        muchos    muchas
    """,
    ("english", "m", "f", "ms", "fs"),
)
NUMBERS = ("two", "three", "many")
LOOSE = ("a", *NUMBERS)  # not definite
OWNERS = ("my", "your", "our", "their")
NOBODYS = ("chico", "chica", "hombre", "mujer", "ciudad", "parque")  # nouns without an owner
CLITICS = {"m": "lo", "f": "la", "ms": "los", "fs": "las"}
TIMES = {"present": ("today", "hoy"), "past": ("yesterday", "ayer"), "future": ("tomorrow", "mañana")}
PLACES = {"in": "en", "near": "cerca de", "behind": "detrás de"}
QUESTIONS = {"where": "dónde", "when": "cuándo", "why": "por qué"}


def inflected(adjective, form):
    """A Spanish adjective in the gender and number of `form`.

    >>> [inflected("rojo", form) for form in ("m", "f", "ms", "fs")], inflected("azul", "fs")
    (['rojo', 'roja', 'rojos', 'rojas'], 'azules')
    """
    if adjective.endswith("o"):
        adjective = adjective[:-1] + {"m": "o", "f": "a"}[form[0]]
    if form.endswith("s"):
        adjective += "s" if adjective[-1] in "aeo" else "es"
    return adjective


def conjugated(infinitive, tense, person):
    """A Spanish verb; person: 0 to 4 for I, you, he or she, we, they.

    >>> conjugated("cerrar", "present", 4), conjugated("ver", "past", 2), conjugated("comer", "future", 0)
    ('cierran', 'vio', 'comeré')
    """
    if (infinitive, tense) in IRREGULAR:
        return IRREGULAR[infinitive, tense].split()[person]
    stem = infinitive if tense == "future" else infinitive[:-2]
    if tense == "present" and person != 3:
        stem = STRESSED_STEMS.get(infinitive, stem)
    return stem + ENDINGS[tense, infinitive[-2:]].split()[person]
