#!/usr/bin/env python3
"""Writes paired_scores.json: two systems' translations, the draws of a paired bootstrap, and what sacreBLEU's test makes
of them.

Needs: pip install sacrebleu==2.6.0. The same versions write the same bytes.
"""
import json
import pathlib
from unittest import mock

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

SAMPLES = 60
REFERENCES = """
The small dog runs across the wet street and barks at two cyclists.
A woman in a red coat sells apples and pears at the market.
Prices rose by three per cent in the last year, she said.
He can not come because he is ill today.
The train leaves at a quarter to eight in the morning.
Two young men play football in the park while a dog watches.
A child is climbing a tall tree behind the old house.
The man with the yellow hat stands in front of a white wall.
Several people are waiting for the bus in the rain.
She reads a long letter from her brother in the garden.
An old man sits on a bench and feeds the birds.
The boy throws the ball over the fence into the river.
""".strip().splitlines()


def disturbed(draw, sentence, share):
    """Some words left out or exchanged with the next."""
    words = sentence.split()
    for place in range(len(words) - 1, -1, -1):
        luck = draw.random()
        if luck < share / 2:
            del words[place]
        elif luck < share and place + 1 < len(words):
            words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def main():
    assert sacrebleu.__version__ == "2.6.0", sacrebleu.__version__
    draw = numpy.random.default_rng(7)
    systems = [[disturbed(draw, line, share) for line in REFERENCES] for share in (0.3, 0.26)]
    draws = draw.integers(0, len(REFERENCES), size=(SAMPLES, len(REFERENCES)))
    generator = mock.Mock()
    generator.choice.return_value = draws
    with mock.patch("numpy.random.default_rng", return_value=generator):
        test = PairedTest([("baseline", systems[0]), ("other", systems[1])], {"bleu": BLEU(), "chrf": CHRF()},
                          references=[REFERENCES], test_type="bs", n_samples=SAMPLES)
        _, results = test()
    data = {"references": REFERENCES, "systems": systems, "draws": draws.tolist()}
    for key, name in (("bleu", "BLEU"), ("chrf", "chrF2")):
        found = next(value for title, value in results.items() if title == name)
        data[key] = [{"score": row.score, "mean": float(row.mean), "ci": float(row.ci), "p": row.p_value}
                     for row in found]
    path = pathlib.Path(__file__).with_name("paired_scores.json")
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
