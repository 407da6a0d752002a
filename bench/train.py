#!/usr/bin/env python3
"""train.py --lines bench/newsd_lines --pages DIR --out daemon/extract/weights.h SET[=WEIGHT] ...

Learns daemon/extract/weights.h: which lines of a page are body. Needs numpy. DIR holds the sets, each a folder with
truth.json ({id: {"articleBody": text, "articleBodyAlt": [text], "url": .., "charset": ..}}) and html/ID.html.gz. WEIGHT says how
much a page of the set counts (1). A page's lines are labelled by aligning them with articleBody; what only one of several right
bodies holds is not learned from. Boosted oblivious trees on log loss; a line counts by its share of the page's words.

Sites are dealt into five folds by the hash of their domain. Each fold is judged by a model that saw none of its sites, with the
decision that judge.c takes; these figures (and those of the model that saw all) are printed and stand in the head of the result.
"""
import argparse, bisect, gzip, hashlib, json, os, re, subprocess, sys, tempfile
from collections import Counter
from urllib.parse import urlsplit
import numpy as np

FOLDS, DEPTH, TREES, RATE, LAMBDA, COLUMNS, ROWS, BINS = 5, 3, 260, .12, 8., .3, .7, 32
OUTSIDE = .15           # share of the lines outside the container that is learned from, with the weight of all
LINE = re.compile('[\u0e00-\u0e7f\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]'
                  '|[^\\W\u0e00-\u0e7f\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]+')


def tokens(text): return LINE.findall(text or '')


# ---- labels ----

def place(truth, lines):
    """Where each line stands in TRUTH (token lists): its span and the share of its 4-token shingles that are there."""
    at = {}
    for i in range(len(truth) - 3): at.setdefault(tuple(truth[i:i + 4]), []).append(i)
    share, span = [0.] * len(lines), [None] * len(lines)
    for k, line in enumerate(lines):
        votes, hits = Counter(), 0
        for j in range(len(line) - 3):
            found = at.get(tuple(line[j:j + 4]), ())
            hits += bool(found)
            votes.update(p - j for p in found[:8])
        if hits:
            share[k] = hits / (len(line) - 3)
            start = max(votes, key=lambda v: (votes[v], -v))
            span[k] = max(start, 0), min(start + len(line), len(truth))
    return share, span


def chain_of(candidates, span):
    """The longest chain of lines whose places in the truth rise."""
    tails, last, before = [], [], {}
    for k in candidates:
        i = bisect.bisect_left(tails, span[k][0])
        if i == len(tails): tails.append(0), last.append(0)
        tails[i], last[i] = span[k][0], k
        before[k] = last[i - 1] if i else None
    chain, k = set(), last[-1] if last else None
    while k is not None: chain.add(k); k = before[k]
    return chain


def label(truth, lines):
    """For each line the share of it that is body. Each part of the truth is taken once, in order where possible."""
    share, span = place(truth, lines)
    candidates = [k for k in range(len(lines)) if span[k] and share[k] >= .5]
    chain, taken, out = chain_of(candidates, span), bytearray(len(truth)), [0.] * len(lines)

    def take(a, b): taken[a:b] = b'\1' * (b - a)
    for k in chain: take(*span[k])
    for k in candidates:
        a, b = span[k]
        if k in chain: out[k] = share[k]
        elif sum(taken[a:b]) <= .5 * (b - a): out[k] = share[k]; take(a, b)
    order = sorted(chain)
    for k, line in enumerate(lines):            # short lines count only between what is taken
        if not line or len(line) >= 4: continue
        i = bisect.bisect_left(order, k)
        a = span[order[i - 1]][1] if i else 0
        b = span[order[i]][0] if i < len(order) else len(truth)
        if b - a > 400: a, b = (a, a + 400) if i == len(order) else (b - 400, b)
        for j in range(a, b - len(line) + 1):
            if truth[j:j + len(line)] == line and not any(taken[j:j + len(line)]):
                out[k] = 1.; take(j, j + len(line)); break
    return out


# ---- pages ----

def read_lines(program, base, truth, off=None):
    """What newsd_lines says of each page: [(id, host, [[place, kept, rule, inside, chance, features..., text]])], names."""
    pages, names = [], []
    with tempfile.TemporaryDirectory() as tmp:
        jobs = []
        for n, (i, t) in enumerate(truth.items()):
            path = os.path.join(tmp, f'{n}.html')
            open(path, 'wb').write(gzip.open(os.path.join(base, 'html', i + '.html.gz')).read())
            charset = (t.get('charset') or 'utf-8').replace('utf-8-sig', 'utf-8')
            jobs.append(f"{i}\t{path}\t{t.get('url') or 'http://example.org/'}\ttext/html; charset={charset}\n")
        done = subprocess.run([program] + (['--off', off] if off else []), input=''.join(jobs).encode(), stdout=subprocess.PIPE, check=True).stdout
    for row in done.decode(errors='replace').split('\n'):
        cells = row.split('\t')
        if cells[0] == '#': names = cells[1:]
        elif cells[0] == 'P': pages.append((cells[1], cells[2], []))
        elif cells[0] == 'L': pages[-1][2].append(cells[1:])
    return pages, names


def domain(host): return '.'.join(host.split('.')[-2:])


def load(args):
    pages, X, y, w, names, at = [], [], [], [], [], 0
    for spec in args.sets:
        name, _, weight = spec.partition('=')
        base = os.path.join(args.pages, name)
        truth = json.load(open(os.path.join(base, 'truth.json'), encoding='utf-8'))
        found, names = read_lines(args.lines, base, truth, args.off)
        for i, host, rows in found:
            t, texts = truth[i], [r[-1] for r in rows]
            body, lines = tokens(t['articleBody']), [tokens(x) for x in texts]
            labels = label(body, lines)
            unsure = [False] * len(lines)
            for other in (t.get('articleBodyAlt') or [])[:2]:
                unsure = [u or (a >= .5) != (b >= .5) for u, a, b in zip(unsure, label(tokens(other), lines), labels)]
            size = max(len(body), 80)
            ws = np.array([0. if u or not l else min(len(l) / size, .4) * (abs(2 * b - 1) * .8 + .2) + .0008
                           for l, b, u in zip(lines, labels, unsure)])
            isbody = np.array(labels) >= .5
            if ws[~isbody].sum() > 2: ws[~isbody] *= 2 / ws[~isbody].sum()
            site = domain(urlsplit(t.get('url') or '').hostname or host or i)
            pages.append(dict(set=name, at=at, kept=np.array([r[1] == '1' for r in rows], bool), n=len(rows), texts=texts, truth=t, fold=int(hashlib.md5(site.encode()).hexdigest(), 16) % FOLDS,
                              inside=np.array([r[3] == '1' for r in rows], bool)))
            at += len(rows)
            X.append(np.array([r[5:-1] for r in rows], np.int16).reshape(len(rows), len(names)))
            y.append(isbody.astype(float)); w.append(ws * float(weight or 1))
    return pages, names, np.concatenate(X), np.concatenate(y), np.concatenate(w)


# ---- boosting ----

def edges_of(X, w):
    """For each feature the values of which `over this` is asked."""
    out = []
    for v in X.T:
        u = np.unique(v)
        if len(u) > BINS:
            order = np.argsort(v, kind='stable'); c = np.cumsum(w[order]); c /= c[-1]
            a = v[order][np.minimum(np.searchsorted(c, np.arange(1, BINS) / BINS), len(v) - 1)]
            u = np.unique(np.concatenate([a, np.quantile(v, np.arange(1, BINS) / BINS, method='nearest')[::2]]))
        else: u = u[:-1]
        out.append(u.astype(int))
    return out


def binned(X, edges):
    B = np.zeros(X.shape, np.uint8, order='F')
    for f, e in enumerate(edges): B[:, f] = np.searchsorted(e, X[:, f], side='left')
    return B


def leaves(B, questions):
    leaf = np.zeros(len(B), np.int32)
    for f, b in questions: leaf = leaf * 2 + (B[:, f] > b)
    return leaf


def grow(B, edges, g, h, rng):
    """The tree whose questions, the same for all, lower the loss most."""
    bins, leaf, questions = max(map(len, edges)) + 1, np.zeros(len(B), np.int32), []
    columns = [f for f in rng.permutation(len(edges))[:max(1, int(len(edges) * COLUMNS))] if len(edges[f])]
    for d in range(DEPTH):
        best = -1, 0, 0
        for f in columns:
            key, n = leaf * bins + B[:, f], (1 << d) * bins
            G = np.bincount(key, g, n).reshape(-1, bins).cumsum(1)
            H = np.bincount(key, h, n).reshape(-1, bins).cumsum(1)
            gain = (G * G / (H + LAMBDA) + (G[:, -1:] - G) ** 2 / (H[:, -1:] - H + LAMBDA)).sum(0)[:len(edges[f])]
            b = int(gain.argmax())
            if gain[b] > best[0]: best = gain[b], f, b
        questions.append(best[1:])
        leaf = leaf * 2 + (B[:, best[1]] > best[2])
    return questions, leaf


def train(B, edges, y, w):
    rng, score, trees = np.random.default_rng(1), np.zeros(len(B)), []
    w = w * (len(w) / w.sum())
    for _ in range(TREES):
        p = 1 / (1 + np.exp(-score))
        g, h, rows = (y - p) * w, np.maximum(p * (1 - p), 1e-4) * w, np.flatnonzero(rng.random(len(B)) < ROWS)
        questions, leaf = grow(B[rows], edges, g[rows], h[rows], rng)
        G, H = np.bincount(leaf, g[rows], 1 << DEPTH), np.bincount(leaf, h[rows], 1 << DEPTH)
        value = np.clip(np.round(1000 * RATE * G / (H + 4 * LAMBDA)), -32000, 32000)
        trees.append((questions, value))
        score += value[leaves(B, questions)] / 1000
    return trees


def scores(B, trees): return sum(v[leaves(B, q)] for q, v in trees)


# ---- figures ----

def overlap(a, b):
    """Shingles in both, only in the truth A, only in B: as shares."""
    A, C = (Counter(tuple(t[i:i + 4]) for i in range(max(1, len(t) - 3))) for t in (a, b))
    tp = sum((A & C).values()); fn = sum(A.values()) - tp; fp = sum(C.values()) - tp if b else 0
    return tp, fn, fp


def figure(pages, score, args, hard):
    """By set: F1, precision, recall of the lines that judge.c would keep."""
    out = {}
    for g in pages:
        s = slice(g['at'], g['at'] + g['n'])
        keep = g['kept'] if score is None else g['inside'] & (score[s] > args.over) & ~hard[s]
        text = tokens('\n'.join(t for t, k in zip(g['texts'], keep) if k))
        rows = [overlap(tokens(b), text) for b in [g['truth']['articleBody']] + (g['truth'].get('articleBodyAlt') or [])]
        tp, fn, fp = max(rows, key=lambda r: 2 * r[0] / max(1, 2 * r[0] + r[1] + r[2]))
        out.setdefault(g['set'], []).append((tp / (tp + fp) if tp + fp else None, tp / (tp + fn) if tp + fn else None))
    lines = []
    for name, rows in out.items():
        p = np.mean([a for a, _ in rows if a is not None]); r = np.mean([b for _, b in rows if b is not None])
        lines.append(f'{name} {len(rows)} pages: F1 {2 * p * r / (p + r):.4f}, precision {p:.4f}, recall {r:.4f}')
    return lines


def write(path, names, edges, trees, notes):
    with open(path, 'w') as f:
        f.write('/*\n * Written by bench/train.py: do not edit. Learned from sets of pages that are not part of newsd.\n *\n')
        f.write(''.join(f' * {n}\n'.replace(' *\n', ' *\n') for n in notes) + ' */\n/* clang-format off */\nstatic const struct tree trees[] = {\n')
        for questions, value in trees:
            f.write('\t{{' + ', '.join('F_' + names[q] for q, _ in questions) + '}, {' + ', '.join(str(edges[q][b]) for q, b in questions) +
                    '}, {' + ', '.join(str(int(v)) for v in value) + '}},\n')
        f.write('};\n/* clang-format on */\n')


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--lines', required=True); ap.add_argument('--pages', required=True); ap.add_argument('--out')
    ap.add_argument('--over', type=int, default=150, help='MODEL_OVER of judge.c')
    ap.add_argument('--hard', default='EMBED,CAPTION,OTHER_ARTICLE,REPEAT,TITLE', help='rules that the model does not overrule')
    ap.add_argument('--rules', default='daemon/extract/extract_priv.h', help='extract_priv.h, for the numbers of the rules')
    ap.add_argument('--judge', action='store_true', help='learn nothing: the figures of what newsd_lines keeps')
    ap.add_argument('--off', help='with --judge: a rule that drops nothing')
    ap.add_argument('--leave', type=int, help='a fold that is not learned from, to be judged by other means')
    ap.add_argument('sets', nargs='+', metavar='SET[=WEIGHT]')
    args = ap.parse_args()
    pages, names, X, y, w = load(args)
    if args.judge: return print('\n'.join(figure(pages, None, args, None)))
    if not args.out: ap.error('--out says where the weights go')
    fold = np.concatenate([np.full(g['n'], g['fold']) for g in pages])
    inside = np.concatenate([g['inside'] for g in pages])
    known = re.findall(r'X\(([A-Z_]+), [a-z_]+\)', open(args.rules).read())
    hard = np.isin(X[:, names.index('RULE')], [known.index(r) for r in args.hard.split(',')])
    near = inside | (y > 0)
    use = (w > 0) & ((np.random.default_rng(3).random(len(y)) < OUTSIDE) | near)
    wu = np.where(near, w, w / OUTSIDE)
    edges = edges_of(X[use], wu[use]); B = binned(X, edges)
    notes = []
    if args.leave is None:
        out = np.zeros(len(y))
        for k in range(FOLDS):
            out[fold == k] = scores(B[fold == k], train(B[use & (fold != k)], edges, y[use & (fold != k)], wu[use & (fold != k)]))
        notes += ['Sites not seen in training (five folds):'] + ['  ' + n for n in figure(pages, out, args, hard)]
        print('\n'.join(notes), flush=True)
    else: use &= fold != args.leave
    trees = train(B[use], edges, y[use], wu[use])
    seen = ['All sites seen:'] + ['  ' + n for n in figure(pages, scores(B, trees), args, hard)]
    print('\n'.join(seen))
    write(args.out, names, edges, trees, notes + seen)


if __name__ == '__main__':
    main()
