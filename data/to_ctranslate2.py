#!/usr/bin/env python3
"""Turns a translation model into a CTranslate2 model directory, for serving.

    python3 data/to_ctranslate2.py --model en-de --output en-de-ct2 [--quantization int8]

Needs: pip install ctranslate2 numpy. In the output are model.bin, the vocabularies, config.json and the SentencePiece
models source.spm and target.spm. To translate with it (pip install sentencepiece too):

    import ctranslate2, sentencepiece
    translator = ctranslate2.Translator("en-de-ct2")
    source, target = (sentencepiece.SentencePieceProcessor(f"en-de-ct2/{side}.spm") for side in ("source", "target"))
    result = translator.translate_batch([source.encode("A dog runs.", out_type=str)], beam_size=4, patience=2,
                                        disable_unk=True)
    print(target.decode(result[0].hypotheses[0]))

patience=2 makes it search on, as translate does, when as many hypotheses have ended as the beam is wide.
"""
import argparse
import json
import struct
import sys
import tempfile
import zlib
from pathlib import Path


def fail(message):
    sys.exit(f"error: {message}")


try:
    import numpy
    from ctranslate2.specs import TransformerDecoderSpec, TransformerEncoderSpec, TransformerSpec, common_spec
except ImportError as error:
    fail(f"{error}; pip install ctranslate2 numpy")

UNKNOWN, START, END = "<unk>", "<s>", "</s>"
LONGEST = 1024  # positions that are written where the model computes them


class Checkpoint:
    """Metadata and tensors of a model file; weights as float32 arrays by their module names."""

    def __init__(self, given):
        path = Path(given)
        if path.is_dir():
            path = next((path / name for name in ("best.safetensors", "last.safetensors") if (path / name).exists()), path)
        if not path.is_file():
            fail(f"{path}: no such model file or directory")
        data = path.read_bytes()
        try:
            (length,) = struct.unpack_from("<Q", data)
            header = json.loads(data[8:8 + length])
            self.metadata = header.pop("__metadata__")
            kind = self.metadata["kind"]
        except (ValueError, KeyError, struct.error):
            fail(f"{path}: not a heed model")
        if kind in ("lstm", "gru"):
            fail(f"{path}: holds a recurrent network ({kind}); CTranslate2 runs Transformers only: train with --arch transformer")
        if kind != "transformer":
            fail(f"{path}: holds a model of kind '{kind}', not a translation model")
        self.options = json.loads(self.metadata["options"])
        self._payload, self._entries = data[8 + length:], header
        for name, checksum in json.loads(self.metadata["checksums"]).items():
            if name and zlib.crc32(self.bytes(name)) != int(checksum, 16):
                fail(f"{path}: damaged: the bytes of '{name}' are not those that were written; use another copy")
        # Averaged weights are the better ones, where a file has both.
        self._prefix = "ema." if any(name.startswith("ema.") for name in header) else ""

    def bytes(self, name):
        if name not in self._entries:
            fail(f"the model has no '{name}'")
        begin, end = self._entries[name]["data_offsets"]
        return self._payload[begin:end]

    def __contains__(self, name):
        return name in self._entries

    def __getitem__(self, name):
        name = self._prefix + name
        if name not in self._entries:
            fail(f"the weights '{name}' are missing")
        # A copy: quantisation writes into it.
        return numpy.frombuffer(self.bytes(name), dtype="<f4").reshape(self._entries[name]["shape"]).copy()


def sinusoids(length, width):
    """Sines in the even columns, cosines in the odd ones."""
    angles = numpy.arange(length)[:, None] * numpy.exp(numpy.arange(0, width, 2) * (-numpy.log(10000.0) / width))
    return numpy.stack([numpy.sin(angles), numpy.cos(angles)], -1).reshape(length, -1)[:, :width].astype(numpy.float32)


def set_linear(spec, weights, *names):
    """Several products of the same input become one."""
    spec.weight = numpy.concatenate([weights[f"{name}.weight"] for name in names])
    spec.bias = numpy.concatenate([weights[f"{name}.bias"] for name in names])


def set_norm(spec, weights, name):
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def set_self_attention(spec, weights, layer):
    set_norm(spec.layer_norm, weights, f"{layer}.self_attention_norm")
    set_linear(spec.linear[0], weights, *(f"{layer}.self_attention.{part}_projection" for part in ("query", "key", "value")))
    set_linear(spec.linear[1], weights, f"{layer}.self_attention.output_projection")


def set_cross_attention(spec, weights, layer):
    set_norm(spec.layer_norm, weights, f"{layer}.cross_attention_norm")
    set_linear(spec.linear[0], weights, f"{layer}.cross_attention.query_projection")
    set_linear(spec.linear[1], weights, *(f"{layer}.cross_attention.{part}_projection" for part in ("key", "value")))
    set_linear(spec.linear[2], weights, f"{layer}.cross_attention.output_projection")


def set_feed_forward(spec, weights, layer):
    set_norm(spec.layer_norm, weights, f"{layer}.feed_forward_norm")
    set_linear(spec.linear_0, weights, f"{layer}.feed_forward.expand")
    set_linear(spec.linear_1, weights, f"{layer}.feed_forward.contract")


def set_positions(spec, weights, options, name):
    learned = options["positions"] == "learned"
    spec.encodings = weights[name] if learned else sinusoids(LONGEST, options["dim"])


def make_spec(weights):
    options = weights.options
    if not options["norm-first"]:
        fail("CTranslate2 has no post-norm Transformer with a norm at its end: train with --norm-first")
    if options["kv-heads"] not in (0, options["heads"]):
        fail("grouped key/value heads are not converted: train without --kv-heads")
    shape = {"num_heads": options["heads"], "pre_norm": True, "activation": {"relu": common_spec.Activation.RELU, "gelu": common_spec.Activation.GELU}[options["activation"]]}
    if options["head-dim"]:
        shape["head_dim"] = options["head-dim"]
    encoder = TransformerEncoderSpec(options["enc-layers"], **shape)
    decoder = TransformerDecoderSpec(options["dec-layers"], **shape)
    spec = TransformerSpec(encoder, decoder)

    source = weights["source_embedding.weight"]
    target = source if options["tie"] == "all" else weights["target_embedding.weight"]
    encoder.embeddings[0].weight, decoder.embeddings.weight = source, target
    decoder.projection.weight = weights["output.weight"] if options["tie"] == "none" else target
    decoder.scale_embeddings = True
    set_positions(encoder.position_encodings, weights, options, "source_positions")
    set_positions(decoder.position_encodings, weights, options, "target_positions")
    set_norm(encoder.layer_norm, weights, "encoder_norm")
    set_norm(decoder.layer_norm, weights, "decoder_norm")
    for number, layer in enumerate(encoder.layer):
        set_self_attention(layer.self_attention, weights, f"encoder.{number}")
        set_feed_forward(layer.ffn, weights, f"encoder.{number}")
    for number, layer in enumerate(decoder.layer):
        set_self_attention(layer.self_attention, weights, f"decoder.{number}")
        set_cross_attention(layer.attention, weights, f"decoder.{number}")
        set_feed_forward(layer.ffn, weights, f"decoder.{number}")

    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = UNKNOWN, START, END
    spec.config.decoder_start_token = START
    spec.config.add_source_eos = True
    return spec


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def fields(data):
    """(number, value) of a protobuf message's fields; lengths-delimited ones as bytes."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = varint(data, place)
        elif kind == 2:
            length, place = varint(data, place)
            value, place = data[place:place + length], place + length
        else:
            width = {1: 8, 5: 4}[kind]
            value, place = data[place:place + width], place + width
        yield key >> 3, value


def pieces(model):
    """The pieces of a SentencePiece model, in the order of their ids: field 1 of the model, field 1 of each."""
    return [next(value for part, value in fields(piece) if part == 1).decode()
            for number, piece in fields(model) if number == 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="model directory of seq2seq-train, or a checkpoint file")
    parser.add_argument("--output", required=True, type=Path, help="directory to make")
    parser.add_argument("--quantization", choices=["int8", "int16", "float16", "bfloat16", "float32"])
    options = parser.parse_args()
    if options.output.exists() and (not options.output.is_dir() or any(options.output.iterdir())):
        fail(f"{options.output}: is there already; name another directory, or remove it")

    weights = Checkpoint(options.model)
    subwords = {"source": weights.bytes("subwords.source")}
    subwords["target"] = weights.bytes("subwords.target") if "subwords.target" in weights else subwords["source"]
    spec = make_spec(weights)
    spec.register_source_vocabulary(pieces(subwords["source"]))
    spec.register_target_vocabulary(pieces(subwords["target"]))
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for side, model in subwords.items():
            file = Path(folder) / f"{side}.spm"
            file.write_bytes(model)
            spec.register_file(str(file))
        spec.validate()
        spec.optimize(quantization=options.quantization)
        spec.save(str(options.output))
    print(f"{options.output}: written; the head of this script shows how to translate with it")


if __name__ == "__main__":
    main()
