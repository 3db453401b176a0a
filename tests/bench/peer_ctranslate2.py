"""Translates stdin to stdout, line by line, with a model directory that data/to_ctranslate2.py wrote: what `translate` is
timed against.

Usage: peer_ctranslate2.py MODEL [--beam-size 4] [--compute-type float32] [--inter-threads 1] [--intra-threads 2]
                           [--batch-tokens 4096] [--max-length-ratio X]

Needs: pip install ctranslate2 sentencepiece.
"""
import argparse
import sys

import ctranslate2
import sentencepiece


def translate(translator, sources, max_length_ratio, **settings):
    """Results in the order of `sources`."""
    if max_length_ratio is None:
        # It sorts by length within what it is given, as `translate` does.
        return translator.translate_batch(sources, max_decoding_length=512, **settings)
    # Its limit is one for a whole call: a call for each source length.
    results = {}
    for length in {len(source) for source in sources}:
        places = [place for place, source in enumerate(sources) if len(source) == length]
        found = translator.translate_batch([sources[place] for place in places],
                                           max_decoding_length=int(max_length_ratio * length) + 10, **settings)
        results.update(zip(places, found))
    return [results[place] for place in range(len(sources))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--beam-size", type=int, default=4)
    parser.add_argument("--compute-type", default="float32")
    parser.add_argument("--inter-threads", type=int, default=1, help="batches that are translated side by side")
    parser.add_argument("--intra-threads", type=int, default=2, help="threads of each")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--max-length-ratio", type=float, help="as of `translate`; not for timing")
    options = parser.parse_args()
    translator = ctranslate2.Translator(options.model, inter_threads=options.inter_threads,
                                        intra_threads=options.intra_threads, compute_type=options.compute_type)
    source, target = (sentencepiece.SentencePieceProcessor(f"{options.model}/{side}.spm") for side in ("source", "target"))
    lines = sys.stdin.read().splitlines()
    results = translate(translator, source.encode(lines, out_type=str), options.max_length_ratio,
                        beam_size=options.beam_size, max_batch_size=options.batch_tokens, batch_type="tokens",
                        disable_unk=True)
    tokens = 0
    for result in results:
        tokens += len(result.hypotheses[0]) + 1
        print(target.decode(result.hypotheses[0]))
    print(f"stats: tokens={tokens}", file=sys.stderr)


if __name__ == "__main__":
    main()
