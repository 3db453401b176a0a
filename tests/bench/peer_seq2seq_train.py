"""The translation model of `heed-bench seq2seq-train` as a well-tuned Python PyTorch program, to time beside it.

Usage: peer_seq2seq_train.py TEXT.src TEXT.tgt SUBWORDS.model [--precision bf16|fp32] [--threads 2] [--updates 40]

Same shape (3+3 pre-norm layers, width 256, feed-forward 1024, 4 heads, one table for both sides and the output, dropout
0.2), same batches (4,096 tokens: sentences times longest side, sorted by length, batches shuffled), label smoothing 0.1,
Adam, gradients clipped to norm 1, an average of the weights. Tuned as one tunes such a program: autocast, fused Adam,
operations over lists of tensors, fused query/key/value products, attention outside of autocast (its bfloat16 backward
is ten times slower on CPUs), logits of real tokens only, gradients set to None. SUBWORDS.model is a SentencePiece model
with ids unk 0, pad 1, bos 2, eos 3. Prints target tokens per second, end marks counted, padding not.
"""
import argparse
import math
import random
import time

import sentencepiece
import torch
import torch.nn.functional as F
from torch import nn

PAD, BOS, EOS = 1, 2, 3
WIDTH, INNER, HEADS, LAYERS, DROPOUT, SMOOTHING = 256, 1024, 4, 3, 0.2, 0.1


class Attention(nn.Module):
    """Attention of x to itself, or to a memory."""

    def __init__(self, cross):
        super().__init__()
        self.cross = cross
        if cross:
            self.q, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        else:
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, memory=None, mask=None, causal=False):
        parts = [self.q(x), *self.kv(memory).chunk(2, -1)] if self.cross else self.qkv(x).chunk(3, -1)
        q, k, v = (part.float().unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)  # [B, H, L, K]
        with torch.autocast("cpu", enabled=False):
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        return self.out(attended.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(WIDTH), Attention(cross=False)
        self.decoder = decoder
        if decoder:
            self.cross_norm, self.cross_attention = nn.LayerNorm(WIDTH), Attention(cross=True)
        self.inner_norm, self.expand, self.contract = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x, mask, memory=None):
        attended = self.self_attention(self.self_norm(x), mask=None if self.decoder else mask, causal=self.decoder)
        x = x + F.dropout(attended, DROPOUT)
        if self.decoder:
            x = x + F.dropout(self.cross_attention(self.cross_norm(x), memory, mask), DROPOUT)
        inner = F.dropout(F.relu(self.expand(self.inner_norm(x)), inplace=True), DROPOUT)
        return x + F.dropout(self.contract(inner), DROPOUT)


class Transformer(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocabulary, WIDTH) * WIDTH**-0.5)
        self.encoder = nn.ModuleList(Layer(decoder=False) for _ in range(LAYERS))
        self.decoder = nn.ModuleList(Layer(decoder=True) for _ in range(LAYERS))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        angles = torch.arange(512)[:, None] * torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10000) / WIDTH))
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], -1).flatten(1))

    def embed(self, tokens):
        embedded = F.embedding(tokens, self.table) * math.sqrt(WIDTH) + self.positions[: tokens.size(1)]
        return F.dropout(embedded, DROPOUT)

    def forward(self, source, target):
        """Logits of the places where `target`'s next token is not padding."""
        mask = (source != PAD)[:, None, None, :]
        memory = self.embed(source)
        for layer in self.encoder:
            memory = layer(memory, mask)
        memory = self.encoder_norm(memory)
        x = self.embed(target[:, :-1])
        for layer in self.decoder:
            x = layer(x, mask, memory)
        return F.linear(self.decoder_norm(x)[target[:, 1:] != PAD], self.table)


def make_batches(source, target, batch_tokens):
    order = sorted(range(len(source)), key=lambda i: max(len(source[i]), len(target[i]) - 1), reverse=True)
    batches, room = [], 0
    for i in order:
        if room == 0:
            batches.append([])
            room = max(1, batch_tokens // max(len(source[i]), len(target[i]) - 1))
        batches[-1].append(i)
        room -= 1
    random.shuffle(batches)
    return batches


def padded(sentences):
    return nn.utils.rnn.pad_sequence([torch.tensor(s) for s in sentences], batch_first=True, padding_value=PAD)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("subwords")
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--warm-up", type=int, default=5, help="updates before the clock starts")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    random.seed(1)

    subwords = sentencepiece.SentencePieceProcessor(model_file=options.subwords)
    read = lambda path: subwords.encode([line.rstrip("\n") for line in open(path, encoding="utf-8")])
    source = [[*tokens, EOS] for tokens in read(options.source)]
    target = [[BOS, *tokens, EOS] for tokens in read(options.target)]
    batches = make_batches(source, target, options.batch_tokens)

    model = Transformer(subwords.vocab_size())
    parameters = list(model.parameters())
    average = [p.detach().clone() for p in parameters]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.98), eps=1e-9, fused=True)
    tokens, start, loss = 0, time.perf_counter(), None
    for update in range(options.warm_up + options.updates):
        if update == options.warm_up:
            tokens, start = 0, time.perf_counter()
        batch = batches[update % len(batches)]
        from_tokens, to_tokens = padded([source[i] for i in batch]), padded([target[i] for i in batch])
        wanted = to_tokens[:, 1:][to_tokens[:, 1:] != PAD]
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            logits = model(from_tokens, to_tokens)
        loss = F.cross_entropy(logits.float(), wanted, label_smoothing=SMOOTHING)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in parameters], 1e-3)
        tokens += wanted.numel()
    seconds = time.perf_counter() - start
    print(f"python: {tokens / seconds:.0f} target tokens/s  precision={options.precision} threads={options.threads} "
          f"updates={options.updates} loss={loss.item():.2f} "
          f"weights={sum(p.numel() for p in parameters) / 1e6:.2f}M")


if __name__ == "__main__":
    main()
