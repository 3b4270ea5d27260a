"""Learning from texts without labels: a first training, in which recurrent layers tell the words beside each word.

    sentiment.train("few.csv", unlabelled="many.txt", name="mine")

makes the artifact mine-pretrained of vectors and recurrent layers, and `mine` starts from it, as any other training can
with start_from="mine-pretrained".

    texts.py      any source -> texts, without those of other splits -> windows of ids
    network.py    windows -> -ln p of each next and previous word, by sampled softmax
    counts.py     what unigrams and bigrams reach
    training.py   all of it, and the artifact

Reference: Dai & Le 2015, Semi-supervised Sequence Learning, arXiv:1511.01432.
"""
