"""Writes transformer_numbers.safetensors: a small pre-norm Transformer with tied embeddings and sinusoidal positions,
written out with torch.nn.functional in float64: states, label-smoothed loss and all gradients.

    python3 tests/models/make_transformer_numbers.py
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

VOCAB, WIDTH, HEADS, INNER, ENCODER_LAYERS, DECODER_LAYERS = 29, 16, 4, 24, 2, 2
UNK, PAD, BOS, EOS = 0, 1, 2, 3
SMOOTHING = 0.1


def make_weights():
    weights = {"source_embedding.weight": torch.randn(VOCAB, WIDTH) * WIDTH**-0.5}
    weights["source_embedding.weight"][PAD] = 0

    def linear(name, inputs, outputs):
        weights[f"{name}.weight"] = torch.randn(outputs, inputs) * inputs**-0.5
        weights[f"{name}.bias"] = torch.randn(outputs) * 0.1

    def norm(name):
        weights[f"{name}.weight"] = 1 + torch.randn(WIDTH) * 0.1
        weights[f"{name}.bias"] = torch.randn(WIDTH) * 0.1

    def layer(name, attentions):
        for attention in attentions:
            for projection in ("query", "key", "value", "output"):
                linear(f"{name}.{attention}.{projection}_projection", WIDTH, WIDTH)
            norm(f"{name}.{attention}_norm")
        linear(f"{name}.feed_forward.expand", WIDTH, INNER)
        linear(f"{name}.feed_forward.contract", INNER, WIDTH)
        norm(f"{name}.feed_forward_norm")

    for i in range(ENCODER_LAYERS):
        layer(f"encoder.{i}", ["self_attention"])
    for i in range(DECODER_LAYERS):
        layer(f"decoder.{i}", ["self_attention", "cross_attention"])
    norm("encoder_norm")
    norm("decoder_norm")
    return weights


class Model:
    def __init__(self, weights):
        self.weights = weights

    def linear(self, name, x):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def norm(self, name, x):
        return F.layer_norm(x, (WIDTH,), self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], 1e-5)

    def embed(self, tokens):
        angles = torch.zeros(tokens.shape[1], WIDTH, dtype=torch.float64)
        for t in range(tokens.shape[1]):
            for i in range(0, WIDTH, 2):
                angle = t / 10000 ** (i / WIDTH)
                angles[t, i], angles[t, i + 1] = math.sin(angle), math.cos(angle)
        table = self.weights["source_embedding.weight"]
        return F.embedding(tokens, table, padding_idx=PAD) * math.sqrt(WIDTH) + angles

    def attention(self, name, x, memory, hidden):
        def heads(projection, y):
            return self.linear(f"{name}.{projection}", y).unflatten(2, (HEADS, -1)).transpose(1, 2)

        q, k, v = heads("query_projection", x), heads("key_projection", memory), heads("value_projection", memory)
        scores = q @ k.transpose(2, 3) / math.sqrt(WIDTH / HEADS)
        weights = F.softmax(scores.masked_fill(hidden, -math.inf), -1)
        return self.linear(f"{name}.output_projection", (weights @ v).transpose(1, 2).flatten(2))

    def feed_forward(self, name, x):
        return self.linear(f"{name}.contract", F.relu(self.linear(f"{name}.expand", x)))

    def encode(self, source):
        hidden = (source == PAD)[:, None, None, :]
        x = self.embed(source)
        for i in range(ENCODER_LAYERS):
            y = self.norm(f"encoder.{i}.self_attention_norm", x)
            x = x + self.attention(f"encoder.{i}.self_attention", y, y, hidden)
            x = x + self.feed_forward(f"encoder.{i}.feed_forward", self.norm(f"encoder.{i}.feed_forward_norm", x))
        return self.norm("encoder_norm", x), hidden

    def decode(self, memory, memory_hidden, target):
        later = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        x = self.embed(target)
        for i in range(DECODER_LAYERS):
            name = f"decoder.{i}"
            y = self.norm(f"{name}.self_attention_norm", x)
            x = x + self.attention(f"{name}.self_attention", y, y, later)
            y = self.norm(f"{name}.cross_attention_norm", x)
            x = x + self.attention(f"{name}.cross_attention", y, memory, memory_hidden)
            x = x + self.feed_forward(f"{name}.feed_forward", self.norm(f"{name}.feed_forward_norm", x))
        return self.norm("decoder_norm", x)


def padded(sentences):
    longest = max(map(len, sentences))
    return torch.tensor([sentence + [PAD] * (longest - len(sentence)) for sentence in sentences])


torch.manual_seed(7)
weights = make_weights()
model = Model({name: tensor.double().requires_grad_() for name, tensor in weights.items()})
source = padded([torch.randint(4, VOCAB, (n,)).tolist() + [EOS] for n in (6, 9, 2)])
sentences = [torch.randint(4, VOCAB, (n,)).tolist() for n in (7, 5, 8)]
target_input = padded([[BOS] + sentence for sentence in sentences])
target_output = padded([sentence + [EOS] for sentence in sentences])

memory, memory_hidden = model.encode(source)
states = model.decode(memory, memory_hidden, target_input)
logits = states @ model.weights["source_embedding.weight"].T
loss = F.cross_entropy(
    logits.flatten(0, 1), target_output.flatten(), ignore_index=PAD, reduction="sum", label_smoothing=SMOOTHING
)
loss.backward()

numbers = {"source": source, "target_input": target_input, "target_output": target_output}
numbers |= {"memory": memory, "states": states, "loss": loss}
numbers |= {f"weight.{name}": tensor for name, tensor in weights.items()}
numbers |= {f"gradient.{name}": tensor.grad for name, tensor in model.weights.items()}
write_safetensors(HERE / "transformer_numbers.safetensors", numbers)
