#!/usr/bin/env python3
"""Writes scores.json: segment sets with the figures that sacreBLEU gives them, and the pieces they are made from.

Needs: pip install sacrebleu==2.6.0. The same versions write the same bytes.
"""

import argparse
import ast
import contextlib
import io
import json
import pathlib
import random
import re

import regex
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.utils import print_single_results

TOKENIZERS = ("13a", "intl", "char", "none")

SPELLED_SENTENCES = r"""
The small dog runs across the wet street and barks at two cyclists.
A woman in a red coat sells apples, pears and 12 kinds of cheese at the market.
"Well," she said, "that's the 3rd time in 24 hours - isn't it?"
Prices rose by 3.5% to $1,299.99 (about €1.150,50) on 2024-05-17.
He can't come; he's ill. They won't wait, though: the train leaves at 7:45 a.m.
E-mail me at someone@example.org, or see https://example.org/a?b=c&d=e#f.
The U.S. and the U.K. signed it in 1998, Nos. 1-3 of the 1990s' treaties.
Zwei junge Männer spielen im Park Fußball, während ein Hund zuschaut.
Er sagte: „Das kostet 1.234,56 €“ – und ging hinaus.
STRASSE und Straße, ÄRGER und Ärger: alles groß geschrieben?
L'été dernier, j'ai mangé « trop » de crêpes ; c'était délicieux !
¿Dónde está la biblioteca? ¡Allí, a 200 m, junto al café n.º 5!
İstanbul'da IŞIK ılık, iğne İNCE değil.
ΟΔΥΣΣΕΥΣ ΚΑΙ Σ. ΣΑΣ: ΤΟ ΤΕΛΟΣ ΤΗΣ ΟΔΟΥ; Ναι· «ΑΣ» λέει.
Съешь ещё этих мягких булок, ДА ВЫПЕЙ чаю — №7 за 15 руб.
Ми їдемо до Києва о 9:00, а Ґанок стоїть біля Їжака.
القط الصغير نام على السجادة، أليس كذلك؟ نعم؛ ١٢٣٫٥٪ تقريبًا.
הכלב הקטן רץ ברחוב, "באמת"? כן! מס׳ 5 או ק״ג 7.
बिल्ली चटाई पर बैठी है। क्या १२३ रुपये हैं? हाँ, ४५.६७!
แมวตัวเล็กนอนอยู่บนเสื่อ ๑๒๓ บาทฯ
小さな猫がマットの上で寝ています。「本当?」はい、３匹です！
这只小猫睡在垫子上，价格是１２．５元（约合￥90）。
고양이가 매트 위에서 자고 있습니다. 정말요? 네, 5마리!
Con mèo nhỏ ngủ trên tấm thảm; đúng vậy, 1.000 đồng.
Smile 😀 thumbs 👍🏽 family 👨‍👩‍👧 flag 🇩🇪 done ✔️ 100 %
x² + y³ ≤ ½·π × 10⁻⁶ → ∞, ∑ᵢ aᵢ = Ⅳ; ①②③ ± 5 °C
Ｆｕｌｌ　ｗｉｄｔｈ，ＡＢＣ！ ﬁne ǅungla ǄEP
naïve cafe\u0301 vs café; A\u030angstro\u0308m; Z\u0351a\u0361l\u0489go
one\u00a0two\u2009three\u2028four\u2029five\u202fsix\u3000seven\u0085eight
zero\u200bwidth\u200djoin\u2060er \ufeffinside soft\u00adhyphen \u180e
tab\there\x0bvertical\x0cform \x1cfs\x1dgs\x1ers\x1fus \x00nul \x7fdel
&quot;Tom &amp; Jerry&quot; &lt;b&gt;bold&lt;/b&gt; &amp;lt; &apos; &amp;amp;quot; &copy;
<skipped>text<skipped> re-\nsumed over\nlines, and-\n 5-\n6
..., !!! ?! ... -- --- 1-2 1--2 -5 a-1 1-a 5'000 rock'n'roll
1. 2, .5 ,5 5. 5, 1.2.3 1,2,3 a.b a,b .a ,a a. a, .. ,, .,., 1.,2 1.,a a.,1
{a}[b](c)<d>/e\\f|g~h^i_j`k+l=m*n#o@p%q$r&s!t?u:v;w"x'y
Ω Å K ẞ ΐ Ꭰ Ა 𐐀 𝐀 Ⓐ Ⅷ Ɐ Ꞌ Ⱥ Ⴀ
a
.
word
5
"""
# Control characters and separators are spelled as escapes above, so that an editor shows them.
ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[nt\\])")
SENTENCES = [
    ESCAPE.sub(lambda match: ast.literal_eval(f'"{match[0]}"'), line) for line in SPELLED_SENTENCES.strip("\n").split("\n")
]
POOLS = {
    "13a": list("ab1 2.,-.,-  '\"&!/()") + ["&quot;", "&amp;", "&lt;", "&gt;", "<skipped>", "-\n", "\n", "é", "。"],
    "intl": list("aZ 1 ., -'’“”«»€$+=<>^`|~©°№%‰、。・（）！？१٣५²½Ⅳ①") + ["a\u0301", "\u2028", "\u00a0", "😀", "👍🏽", "\u200b"],
    "new": [chr(c) for c in (0x20C1, 0x2E60, 0x1B4E, 0x10D40, 0x1CCF0, 0x1FAE9, 0x20C0, 0x1E4F0, 0x10EFD)] + list("a1 ."),
    "space": list("ab \t\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2007\u2028\u2029\u3000\u180e\u200b\ufeff"),
    "case": list("aAσΣςΑΩ.' İiIıẞßǅǆ\u0345\u0301ʰªͅ:·\u00ad\u0300ϒΫⅧⓐⒶꭰᏠ𐐀") + ["Σ", "ΑΣ", "ΣΑ", " "],
    "repeat": list("aab ") + ["aa", " a ", "b."],
    "cjk": list("猫狗在垫子上，。！？「」（）１２３ａｂ ") + ["カ\u3099", "한국", "ｶﾞ"],
    "marks": list("क्षिमनीा।१२ ٱلعَرَبِيَّة٣٪،؟ ไทย๑ฯ e\u0301\u0323o\u0308"),
}


def random_text(rng, pool, most):
    return "".join(rng.choice(pool) for _ in range(rng.randint(0, most)))


def disturb(rng, line):
    """What a translation does to a reference: words lost, doubled, swapped, replaced; case and marks changed."""
    words = line.split(" ")
    for _ in range(rng.randint(0, 4)):
        if not words:
            break
        i = rng.randrange(len(words))
        change = rng.randrange(8)
        if change == 0:
            del words[i]
        elif change == 1:
            words.insert(i, words[i])
        elif change == 2:
            j = rng.randrange(len(words))
            words[i], words[j] = words[j], words[i]
        elif change == 3:
            words[i] = rng.choice(rng.choice(SENTENCES).split(" "))
        elif change == 4:
            words[i] = rng.choice((str.upper, str.lower, str.title, str.swapcase))(words[i])
        elif change == 5:
            words[i] += rng.choice((".", ",", "!", "-", "'s", "…", "。", " ", "\u00a0", "&amp;", "5", "\u0301"))
        elif change == 6:
            words[i] = rng.choice(("(", '"', "-", "¿", ".", ",", "$")) + words[i]
        else:
            words[i] = words[i][: len(words[i]) // 2]
    return rng.choice(("", "", "", " ")) + " ".join(words) + rng.choice(("", "", "", " ", "\t", "\u3000", "\r"))


def written_sets():
    same = SENTENCES[:6]
    yield same, [same]
    yield ["a b c d"], [["e f g h"]]
    yield ["ab cd"], [["xy zw"]]
    yield [""], [[""]]
    yield [""], [["the cat"]]
    yield ["the cat"], [[""]]
    yield ["", ""], [["a b", "c"]]
    yield ["a b c d e", ""], [["a b c d e", ""]]
    yield ["a b c d e", "x"], [["a b c d e", ""]]
    yield ["", "a b c d e"], [["f", "a b c d e"]]
    yield ["   "], [["\u3000"]]
    yield ["cat"], [["cat"]]
    yield ["cat"], [["cats"]]
    yield ["the cat"], [["the cat"]]
    yield ["the cat sat"], [["the cat sat"]]
    yield ["the cat sat on"], [["the cat sat on"]]
    yield ["the cat sat on"], [["on sat cat the"]]
    yield ["the the the the the the the"], [["the cat is on the mat"], ["there is a cat on the mat"]]
    yield ["a b c d e f g h i j"], [["a x c x e x g x i x"]]
    yield ["a b c d e"], [["a b c d e f g h i j k l m n o p q r s t u v w x y z"]]
    yield ["a b c d e f g h i j k l m n o p"], [["a b c d"]]
    yield ["a b c d e"], [["a b c d"], ["a b c d e f"]]
    yield ["a b c"], [["a b"], ["a b c d"]]
    yield ["a b"], [["a b a b"], ["c"], [""]]
    yield ["ab"], [["abcdef"], ["ab"], ["ab"]]
    yield ["(hi) 'you' -- a-b. (x"], [["(hi) you' -- a-b . x("]]
    yield ["Σ", "ΑΣ", "ΑΣΑ", "Α.Σ", "ΑΣ.Α", "ΣΣ"], [["σ", "ας", "ασα", "α.ς", "ασ.α", "σς"]]
    yield ["İI"], [["i̇i"]]
    yield ["It's 5." for _ in range(5)], [["It's 5 ." for _ in range(5)]]
    yield ["1990.", "1990 .", "1,5", "1 , 5"], [["1990 .", "1990.", "1 , 5", "1,5"]]
    yield ["&amp;lt;b&gt;"], [["< b >"]]
    yield [line.upper() for line in SENTENCES], [SENTENCES]
    yield [line.lower() for line in SENTENCES], [SENTENCES, SENTENCES[1:] + SENTENCES[:1]]


def random_sets(rng, count):
    for _ in range(count):
        lines = rng.choice((1, 1, 1, 2, 2, 3, 5))
        kind = rng.randrange(3)
        if kind == 0:
            pool = POOLS[rng.choice(sorted(POOLS))]
            truth = [random_text(rng, pool, 40) for _ in range(lines)]
            noise = lambda line: "".join(rng.choice(pool) if rng.random() < 0.2 else c for c in line)
        else:
            truth = [rng.choice(SENTENCES[:-4]) for _ in range(lines)]
            noise = lambda line: disturb(rng, line)
        references = [[noise(line) if r else line for line in truth] for r in range(rng.choice((1, 1, 1, 2, 3)))]
        if kind == 2 and lines > 1:
            rng.choice(references)[rng.randrange(lines)] = ""
        hypotheses = [noise(line) for line in truth]
        if rng.random() < 0.1:
            hypotheses[rng.randrange(lines)] = ""
        rng.shuffle(references)
        yield hypotheses, references


def measure(metric, hypotheses, references):
    score = metric.corpus_score(hypotheses, references)
    return score, {"score": score.score, "text": score.format(width=1), "signature": str(metric.get_signature())}


def score_set(hypotheses, references):
    """Scores under the usual options; "lc" is lower case."""
    bleu, chrf = {}, {}
    for case in ("", " lc"):
        for name in TOKENIZERS:
            metric = BLEU(force=True, tokenize=name, lowercase=bool(case))
            bleu[name + case] = metric.corpus_score(hypotheses, references).score
        for order in (0, 2):
            metric = CHRF(word_order=order, lowercase=bool(case))
            chrf[f"{order}{case}"] = metric.corpus_score(hypotheses, references).score
    return {"hypotheses": hypotheses, "references": references, "bleu": bleu, "chrf": chrf}


def full_scores(rng, hypotheses, references):
    """All there is to see, under random options."""
    options = {"tokenize": rng.choice(TOKENIZERS), "lowercase": rng.random() < 0.5}
    score, bleu = measure(BLEU(force=True, **options), hypotheses, references)
    bleu |= options | {"precisions": score.precisions, "bp": score.bp, "lengths": [score.sys_len, score.ref_len]}
    options = {"char_order": rng.randint(1, 8), "word_order": rng.randint(0, 3), "beta": rng.randint(1, 4)}
    options["lowercase"] = rng.random() < 0.5
    return {"full_bleu": bleu, "full_chrf": measure(CHRF(**options), hypotheses, references)[1] | options}


def tokenized(rng):
    lines = SENTENCES + [random_text(rng, POOLS[name], 16) for name in sorted(POOLS) for _ in range(6)]
    for line in lines:
        words = {name: " ".join(BLEU(tokenize=name)._preprocess_segment(line).split()) for name in TOKENIZERS[:2]}
        yield {"line": line, "lower": line.lower()} | words


def fnv1a(values):
    """Digest of a sequence of numbers: FNV-1a, 64 bits, one number a round."""
    digest = 0xCBF29CE484222325
    for value in values:
        digest = (digest ^ value) * 0x100000001B3 % 2**64
    return f"{digest:016x}"


def unicode_digests():
    codes = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    text = "".join(map(chr, codes))
    digests = {"white_space": fnv1a(c for c in codes if chr(c).isspace())}
    for name, category in (("punctuation", "P"), ("symbol", "S"), ("number", "N")):
        digests[name] = fnv1a(map(ord, regex.findall(r"\p{%s}" % category, text)))
    digests["lower"] = fnv1a(ord(letter) for c in codes for letter in chr(c).lower())
    digests["after"] = fnv1a(c for c in codes if (chr(c) + "Σ").lower()[-1] == "ς")
    digests["after_letter"] = fnv1a(c for c in codes if ("a" + chr(c) + "Σ").lower()[-1] == "ς")
    digests["before_letter"] = fnv1a(c for c in codes if ("aΣ" + chr(c) + "a").lower()[1] == "ς")
    return digests


def printed(hypotheses, references):
    """What sacreBLEU's program prints for BLEU and chrF, as text and as JSON."""
    shown = {"hypotheses": hypotheses, "references": references}
    for form in ("text", "json"):
        results = []
        for metric in (BLEU(force=True), CHRF()):
            score = metric.corpus_score(hypotheses, references)
            results.append(score.format(1, False, str(metric.get_signature()), form == "json"))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            print_single_results(results, argparse.Namespace(format=form))
        shown[form] = out.getvalue()
    return shown


def main():
    assert sacrebleu.__version__ == "2.6.0", sacrebleu.__version__
    rng = random.Random(20)
    sets = [*written_sets(), *random_sets(rng, 257)]
    plain = [line for line in SENTENCES[:24] if "\n" not in line]
    data = {
        "unicode": unicode_digests(),
        "tokenized": list(tokenized(rng)),
        "printed": printed([disturb(rng, line) for line in plain], [plain, [disturb(rng, line) for line in plain]]),
        "sets": [score_set(*segments) for segments in sets],
    }
    for scored in data["sets"][::3]:  # a third of them, to save room
        scored |= full_scores(rng, scored["hypotheses"], scored["references"])
    parts = []
    for key, value in data.items():
        rows = value if isinstance(value, list) else None
        text = json.dumps(value) if rows is None else "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]"
        parts.append(f"{json.dumps(key)}: {text}")
    pathlib.Path(__file__).with_name("scores.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
