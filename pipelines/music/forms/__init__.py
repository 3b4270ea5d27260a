"""The two forms of writing music down, piano roll and events; each with its network, whole and step by step."""

from pipelines.music.forms import event_steps, events, piano_roll, piano_roll_steps

FORMS = {"piano_roll": piano_roll, "events": events}
STEPS = {"piano_roll": piano_roll_steps.Steps, "events": event_steps.Steps}
