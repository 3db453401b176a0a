"""data/to_ctranslate2.py: the same translations as `translate`, where Python has ctranslate2 and sentencepiece."""
import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path

from common import LEARNING, ProgramTest, lines, read_safetensors, toy_pairs, write_pairs

SCRIPT = Path(__file__).resolve().parents[2] / "data/to_ctranslate2.py"


@unittest.skipUnless(all(importlib.util.find_spec(name) for name in ("ctranslate2", "sentencepiece", "numpy")),
                     "needs ctranslate2, sentencepiece and numpy, which ./x test installs")
class ToCTranslate2(ProgramTest):
    def convert(self, model, output, *words):
        return subprocess.run([sys.executable, SCRIPT, "--model", model, "--output", output, *words], cwd=self.folder,
                              capture_output=True, text=True)

    def test_same_translations(self):
        import ctranslate2
        import sentencepiece
        pairs = toy_pairs(1000)
        write_pairs(self.folder, pairs[:900])
        for name, changes in (("tied", {}), ("apart", {"tie": "none", "shared_vocab": False, "positions": "learned",
                                                       "activation": "gelu", "head_dim": 24})):
            with self.subTest(name):
                self.train(model=name, base=LEARNING, **changes)
                done = self.convert(name, name + "-ct2")
                self.assertEqual(done.returncode, 0, done.stderr)
                translator = ctranslate2.Translator(str(self.folder / (name + "-ct2")))
                source, target = (sentencepiece.SentencePieceProcessor(str(self.folder / f"{name}-ct2/{side}.spm"))
                                  for side in ("source", "target"))
                sentences = [sentence for sentence, _ in pairs[900:]]
                for beam in (1, 4):
                    ours = self.run_program("translate", model=name, beam_size=beam, input=lines(sentences)).lines
                    theirs = translator.translate_batch(source.encode(sentences, out_type=str), beam_size=beam,
                                                        patience=2, disable_unk=True)
                    same = sum(target.decode(result.hypotheses[0]) == line for result, line in zip(theirs, ours))
                    # With equal scores the two may choose differently.
                    self.assertGreaterEqual(same, len(ours) if beam == 1 else 0.98 * len(ours))
                done = self.convert(name, name + "-int8", "--quantization", "int8")
                self.assertEqual(done.returncode, 0, done.stderr)
                files = [self.folder / (name + end) / "model.bin" for end in ("-ct2", "-int8")]
                # Matrices take a byte a number instead of four; positions stay as they are.
                matrices = sum(len(data) // 4 for tensor, (kind, shape, data) in
                               read_safetensors(self.folder / name / "best.safetensors")[1].items()
                               if kind == "F32" and len(shape) == 2 and not tensor.endswith("_positions"))
                self.assertGreater(files[0].stat().st_size - files[1].stat().st_size, 2.5 * matrices)

    def test_what_cannot_be_converted(self):
        write_pairs(self.folder, toy_pairs(300))
        self.train(max_updates=1, norm_first=False)
        self.train(max_updates=1, arch="lstm", model="lstm")
        model = (self.folder / "m/best.safetensors").read_bytes()
        (self.folder / "flipped.safetensors").write_bytes(model[:-9] + bytes([model[-9] ^ 1]) + model[-8:])
        (self.folder / "cut.safetensors").write_bytes(model[:-9])
        (self.folder / "short.safetensors").write_bytes(model[:5])
        for model, output, part in (("m", "out", "--norm-first"), ("none", "out", "no such model"),
                                    ("lstm", "out", "recurrent network .lstm.*--arch transformer"),
                                    ("m", "train.src", "is there already"), ("train.src", "out", "not a heed model"),
                                    ("flipped.safetensors", "out", "damaged"), ("cut.safetensors", "out", "damaged"),
                                    ("short.safetensors", "out", "not a heed model")):
            done = self.convert(model, output)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, "^error: .*" + part)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
