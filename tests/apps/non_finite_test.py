"""Updates of seq2seq-train that are not finite, at places that a test chooses: where a word is met whose row in the
source table overflows."""
import math
import struct
import unittest

from common import ProgramTest, metrics_of, read_safetensors, rewrite_metadata, state_of
from make_old_models import PAIRS, RUNS, write_data

PROGRAM, SETTINGS = RUNS["transformer"]
ROW = "source_embedding.weight"


class NonFinite(ProgramTest):
    # A pair a batch, and no table that both sides share.
    SETTINGS = SETTINGS | {"tie": "none", "batch_tokens": 1, "save_every": 9, "valid_every": 1000, "label_smoothing": 0.1}

    def setUp(self):
        super().setUp()
        write_data(self.folder)
        self.train_to(9)

    def train_to(self, update, code=0):
        return self.run_program(PROGRAM, code=code, **(self.SETTINGS | {"max_updates": update}))

    def spoil(self, *words):
        """Makes their rows overflow in the checkpoint."""
        last = self.folder / "m/last.safetensors"
        kind, shape, data = read_safetensors(last)[1][ROW]
        numbers, width = list(struct.unpack(f"<{len(data) // 4}f", data)), shape[1]
        vocabulary = sorted({word for pair in PAIRS for side in pair for word in side.split()})
        for word in words:
            row = 4 + vocabulary.index(word)
            numbers[row * width:(row + 1) * width] = [3e38] * width
        rewrite_metadata(last, tensors_changed={ROW: (kind, shape, struct.pack(f"<{len(numbers)}f", *numbers))})

    def assert_finite(self):
        for name, (kind, _, data) in read_safetensors(self.folder / "m/last.safetensors")[1].items():
            if kind == "F32":
                self.assertTrue(all(map(math.isfinite, memoryview(data).cast("f"))), name)
        for row in metrics_of(self.folder / "m")[1:]:
            self.assertTrue(all(math.isfinite(float(field)) for field in row[:6] if field), row)  # those of training

    def test_one_now_and_then_is_skipped(self):
        """In two epochs a word of one pair in three comes twelve times; all other updates are made."""
        self.spoil("bird")
        result = self.train_to(9 + 2 * len(PAIRS))
        self.assertEqual(result.err.count("loss or gradient is not finite; skipped"), 2 * len(PAIRS) // 3)
        self.assertNotIn("back to update", result.err)
        state = state_of(self.folder / "m")
        self.assertEqual((state["update"], state["skipped"], state["rollbacks"]), (9 + 2 * len(PAIRS), 12, 0))
        self.assert_finite()

    def test_ten_in_a_row_lead_back_and_three_times_to_the_end(self):
        """Exactly: each return is to the same update, after which the same ten fail."""
        self.spoil("the", "a")
        before = (self.folder / "m/last.safetensors").read_bytes()
        result = self.train_to(60, code=None)
        self.assert_refused(result, 5, "diverged", "m/last.safetensors")
        self.assertEqual(result.err.count("update 10: loss or gradient is not finite; skipped (1 in a row)"), 4)
        self.assertEqual(result.err.count("update 19: loss or gradient is not finite; skipped (10 in a row)"), 4)
        for time in (1, 2, 3):
            self.assertIn(f"back to update 9 with half the learning rate ({time} of at most 3 times)", result.err)
        self.assertEqual((self.folder / "m/last.safetensors").read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
