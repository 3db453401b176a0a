#!/usr/bin/env python3
"""Answers HTTP requests with translations by a CTranslate2 model of to_ctranslate2.py: text comes in, one sentence a
line, and goes out line by line.

    python3 data/serve_ctranslate2.py --model en-de-ct2 --port 8765
    curl --data-binary "A dog runs." http://127.0.0.1:8765

Needs: pip install ctranslate2 sentencepiece. An example to build on: it listens to this machine only (--host) and knows
neither users nor limits but for the size of a request.
"""
import argparse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ctranslate2
import sentencepiece

MOST_BYTES = 1_000_000


def handler(model, beam_size):
    translator = ctranslate2.Translator(model)
    source, target = (sentencepiece.SentencePieceProcessor(f"{model}/{side}.spm") for side in ("source", "target"))

    def translate(text):
        results = translator.translate_batch(source.encode(text.split("\n"), out_type=str), beam_size=beam_size,
                                             patience=2,  # until none that grows is better, as translate does
                                             max_batch_size=4096, batch_type="tokens", disable_unk=True)
        return "\n".join(target.decode(result.hypotheses[0]) for result in results)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal():
                return self.send_error(411)
            size = int(length)
            if size > MOST_BYTES:
                return self.send_error(413)
            text = self.rfile.read(size).decode("utf-8", errors="replace")
            answer = (translate(text.removesuffix("\n")) + "\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="directory that to_ctranslate2.py made")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--beam-size", type=int, default=4)
    options = parser.parse_args()
    try:
        server = ThreadingHTTPServer((options.host, options.port), handler(options.model, options.beam_size))
    except (OSError, RuntimeError) as error:  # the port is taken, or the model missing
        raise SystemExit(f"error: {error}")
    with server:
        print(f"listening on http://{options.host}:{options.port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
