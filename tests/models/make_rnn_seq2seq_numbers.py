"""Writes rnn_seq2seq_numbers.safetensors: small recurrent translation models, of torch.nn.LSTM and torch.nn.GRU over
packed sequences and with attention written out, in float64: memory, states, label-smoothed loss and all gradients.

    python3 tests/models/make_rnn_seq2seq_numbers.py
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

VOCAB, WIDTH = 23, 8
UNK, PAD, BOS, EOS = 0, 1, 2, 3
SMOOTHING = 0.1
# name, cell, encoder and decoder layers, attention, input feeding
MODELS = [
    ("lstm-additive-fed", "lstm", 2, 1, "additive", True),
    ("lstm-general", "lstm", 1, 2, "general", False),
    ("lstm-dot-fed", "lstm", 1, 2, "dot", True),
    ("lstm-none", "lstm", 2, 2, "none", False),
    ("gru-additive", "gru", 1, 1, "additive", False),
    ("gru-general-fed", "gru", 2, 2, "general", True),
    ("gru-dot", "gru", 1, 1, "dot", False),
    ("gru-none", "gru", 1, 1, "none", False),
]


class Model(torch.nn.Module):
    def __init__(self, cell, encoder_layers, decoder_layers, attention, feeding):
        super().__init__()
        layer = torch.nn.LSTM if cell == "lstm" else torch.nn.GRU
        self.cell, self.attention, self.feeding = cell, attention, feeding
        self.embedding = torch.nn.Embedding(VOCAB, WIDTH, padding_idx=PAD)
        self.encoder = layer(WIDTH, WIDTH // 2, encoder_layers, bidirectional=True, batch_first=True)
        first = 2 * WIDTH if feeding else WIDTH
        self.decoder = torch.nn.ModuleList(layer(first if i == 0 else WIDTH, WIDTH, batch_first=True) for i in range(decoder_layers))
        self.bridge = torch.nn.Linear(WIDTH, decoder_layers * (2 if cell == "lstm" else 1) * WIDTH)
        if attention == "additive":
            self.query = torch.nn.Linear(WIDTH, WIDTH)
            self.score = torch.nn.Parameter(torch.randn(WIDTH))
        if attention in ("additive", "general"):
            self.key = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        if attention != "none":
            self.combine = torch.nn.Linear(2 * WIDTH, WIDTH, bias=False)

    def encode(self, source):
        lengths = (source != PAD).sum(1)
        x = self.embedding(source) * math.sqrt(WIDTH)
        memory, last = self.encoder(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        memory, _ = pad_packed_sequence(memory, batch_first=True)
        hidden = last[0] if self.cell == "lstm" else last
        return memory, torch.cat([hidden[-2], hidden[-1]], 1), source == PAD

    def first_states(self, last):
        parts = self.bridge(last).split(WIDTH, 1)
        if self.cell == "lstm":
            return [(h.tanh()[None], c[None].contiguous()) for h, c in zip(parts[::2], parts[1::2])]
        return [h.tanh()[None] for h in parts]

    def scores(self, query, memory):
        if self.attention == "additive":
            return (self.query(query)[:, :, None] + self.key(memory)[:, None]).tanh() @ self.score
        return query @ (self.key(memory) if self.attention == "general" else memory).transpose(1, 2)

    def attend(self, query, memory, hidden):
        weights = self.scores(query, memory).masked_fill(hidden[:, None], -math.inf).softmax(-1)
        return self.combine(torch.cat([weights @ memory, query], -1)).tanh(), weights

    def decode(self, memory, last, hidden, target):
        words, states = self.embedding(target) * math.sqrt(WIDTH), self.first_states(last)
        fed, made, seen = torch.zeros(target.shape[0], 1, WIDTH, dtype=torch.float64), [], []
        for t in range(target.shape[1]):
            x = words[:, t:t + 1]
            if self.feeding:
                x = torch.cat([x, fed], -1)
            for i, layer in enumerate(self.decoder):
                x, states[i] = layer(x, states[i])
            if self.attention != "none":
                x, weights = self.attend(x, memory, hidden)
                fed = x
                seen.append(weights)
            made.append(x)
        return torch.cat(made, 1), torch.cat(seen, 1)[:, None] if seen else None


def our_names(model):
    """Ours for each parameter of PyTorch's, and the parameter."""
    for name, parameter in model.named_parameters():
        parts = name.split(".")
        if parts[0] == "encoder":
            kind, gate, number = parts[1].removesuffix("_reverse").split("_")
            direction = "backward" if name.endswith("_reverse") else "forward"
            place = f"encoder.{number[1:]}.{direction}_layer"
        elif parts[0] == "decoder":
            kind, gate, _ = parts[2].split("_")
            place = f"decoder.{parts[1]}"
        else:
            ours = {"embedding": "source_embedding", "query": "attention.query_projection", "key": "attention.key_projection",
                    "score": "attention.score_weight"}
            yield ".".join([ours.get(parts[0], parts[0])] + parts[1:]), parameter
            continue
        yield f"{place}.{'input' if gate == 'ih' else 'hidden'}_gates.{kind}", parameter


def padded(sentences):
    longest = max(map(len, sentences))
    return torch.tensor([sentence + [PAD] * (longest - len(sentence)) for sentence in sentences])


torch.manual_seed(11)
source = padded([torch.randint(4, VOCAB, (n,)).tolist() + [EOS] for n in (5, 8, 2)])
sentences = [torch.randint(4, VOCAB, (n,)).tolist() for n in (6, 4, 7)]
target_input = padded([[BOS] + sentence for sentence in sentences])
target_output = padded([sentence + [EOS] for sentence in sentences])
numbers = {"source": source, "target_input": target_input, "target_output": target_output}
for name, *shape in MODELS:
    model = Model(*shape)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((torch.randn(parameter.shape) * 0.4).float())
        model.embedding.weight[PAD] = 0
    model.double()
    memory, last, hidden = model.encode(source)
    states, weights = model.decode(memory, last, hidden, target_input)
    loss = F.cross_entropy((states @ model.embedding.weight.T).flatten(0, 1), target_output.flatten(), ignore_index=PAD,
                           reduction="sum", label_smoothing=SMOOTHING)
    loss.backward()
    numbers |= {f"{name}.memory": memory, f"{name}.states": states, f"{name}.loss": loss}
    if weights is not None:
        numbers[f"{name}.attention"] = weights
    for ours, parameter in our_names(model):
        numbers |= {f"{name}.weight.{ours}": parameter, f"{name}.gradient.{ours}": parameter.grad}
write_safetensors(HERE / "rnn_seq2seq_numbers.safetensors", numbers)
