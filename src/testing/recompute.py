"""Recomputes every figure of a certificate from its JSON, as a stranger would: plain Python 3, no packages, written from
the methodology's text and not from this project's code.

    python3 recompute.py certificate.json [--list]

Prints one line for each figure that differs by more than 1e-6, and ends with 1 if there is any. With --list it prints
the place of each figure that it recomputes instead.
"""

import json
import math
import sys

TOLERANCE = 1e-6
Z = 1.96
MEASURES = ("precision", "recall", "reply_accuracy")
WAYS = ("direction", "value", "name", "condition", "cause")


# Distributions: Student's t by Simpson's rule over its density, its quantile by bisection.


def t_density(x, degrees):
    log = (
        math.lgamma((degrees + 1) / 2)
        - math.lgamma(degrees / 2)
        - 0.5 * math.log(degrees * math.pi)
        - (degrees + 1) / 2 * math.log1p(x * x / degrees)
    )
    return math.exp(log)


def t_within(t, degrees):
    """P(-t < T < t). With T = sqrt(degrees) tan(a) the range is finite, so one fine grid serves every t."""
    end = math.atan(t / math.sqrt(degrees))
    steps = 2000
    width = end / steps

    def density(angle):
        cosine = math.cos(angle)
        root = math.sqrt(degrees)
        return t_density(root * math.tan(angle), degrees) * root / (cosine * cosine)

    total = density(0.0) + density(end)
    for step in range(1, steps):
        total += (4 if step % 2 else 2) * density(step * width)
    return 2 * total * width / 3


def t_quantile(probability, degrees):
    low, high = 0.0, 1.0
    while t_within(high, degrees) < 2 * probability - 1:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if t_within(middle, degrees) < 2 * probability - 1:
            low = middle
        else:
            high = middle
    return (low + high) / 2


QUANTILES = {}


def t975(degrees):
    if degrees not in QUANTILES:
        QUANTILES[degrees] = t_quantile(0.975, degrees)
    return QUANTILES[degrees]


# Intervals


def mean(values):
    return sum(values) / len(values)


def grouped(dependence, name):
    n = len(dependence)
    largest = int(max(5, n / 10))
    groups = {}
    for place in sorted(range(n), key=lambda at: dependence[at]["merge_order"]):
        groups.setdefault(dependence[place][name], []).append(place)
    pieces = []
    for places in groups.values():
        pieces += [places[at : at + largest] for at in range(0, len(places), largest)]
    return pieces


def effect_of(values, groups):
    n, k = len(values), len(groups)
    if k < 3 or k == n:
        return 1.0
    m_a = sum(len(group) ** 2 for group in groups) / n
    m_0 = (n - m_a) / (k - 1)
    all_mean = mean(values)
    means = [mean([values[at] for at in group]) for group in groups]
    between = sum(len(group) * (own - all_mean) ** 2 for group, own in zip(groups, means)) / (k - 1)
    inside = sum((values[at] - own) ** 2 for group, own in zip(groups, means) for at in group) / (n - k)
    below = between + (m_0 - 1) * inside
    # 0/0: what varies by rounding only does not vary.
    rho = 0.0 if below < 1e-18 else (between - inside) / below
    error = abs(1 - rho) * abs(1 + (m_0 - 1) * rho) * math.sqrt(2 / (m_0 * (m_0 - 1) * (k - 1)))
    return max(1.0, 1 + (m_a - 1) * min(1.0, rho + error / 2))


def design_effect(values, dependence):
    return max(effect_of(values, grouped(dependence, name)) for name in ("author", "week"))


def effective_size(values, effect):
    n = len(values)
    padded = list(values) + [0.0, 1.0]
    centre = mean(padded)
    variance = mean([(value - centre) ** 2 for value in padded])
    return n * centre * (1 - centre) / variance * (Z / t975(n + 1)) ** 2 / effect


def wilson(p, n):
    scale = 1 + Z * Z / n
    centre = (p + Z * Z / (2 * n)) / scale
    half = Z / scale * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return {"lower": max(0.0, centre - half), "upper": min(1.0, centre + half)}


def mean_interval(values, effect):
    return wilson(mean(values), effective_size(values, effect))


def paired(pairs, dependence):
    differences = [a - b for a, b in pairs]
    n = len(differences)
    centre = mean(differences)
    effect = design_effect(differences, dependence)
    found = {"value": mean([b for _, b in pairs]), "lift": centre, "design_effect": effect, "interval": None, "p": None}
    # A lift is inferred from as many pairs as a comparison needs, and 5 that differ.
    if n < 30 or sum(abs(difference) > 1e-9 for difference in differences) < 5:
        return found
    deviation = math.sqrt(sum((difference - centre) ** 2 for difference in differences) / (n - 1))
    if deviation < 1e-9:
        return found
    error = deviation * math.sqrt(effect / n)
    half = t975(n - 1) * error
    found["interval"] = {"lower": max(-1.0, centre - half), "upper": min(1.0, centre + half)}
    found["p"] = max(0.0, 1 - t_within(abs(centre / error), n - 1))
    return found


# The certificate


def measures_of(replay):
    return {
        "precision": replay["claims_supported"] / replay["claims_total"],
        "recall": replay["changes_surfaced"] / replay["changes_total"],
        "reply_accuracy": replay["reply_accuracy"],
    }


def composite_of(measures, weights):
    total = sum(weights[name] for name in MEASURES)
    return sum(measures[name] * weights[name] for name in MEASURES) / total


def scores_of(replays, weights):
    rows = [measures_of(replay) for replay in replays]
    columns = {name: [row[name] for row in rows] for name in MEASURES}
    columns["composite_score"] = [composite_of(row, weights) for row in rows]
    dependence = [replay["dependence"] for replay in replays]
    found = {name: mean(values) for name, values in columns.items()}
    found["design_effects"] = {name: design_effect(values, dependence) for name, values in columns.items()}
    found["intervals"] = {
        name: mean_interval(values, found["design_effects"][name]) for name, values in columns.items()
    }
    found["brier"] = (1 - found["composite_score"]) / 2
    whole = found["intervals"]["composite_score"]
    found["intervals"]["brier"] = {"lower": (1 - whole["upper"]) / 2, "upper": (1 - whole["lower"]) / 2}
    return found


def bounds_of(composites, missing):
    n = len(composites) + missing
    return {"lower": sum(composites) / n, "upper": (sum(composites) + missing) / n}


def floor_of(claims, changes):
    return max(claims, min(3, changes))


def counted_of(funnel, judge):
    """The offline check does not rule on each claim, and the others do not count."""
    folded = funnel["made"] - funnel["cut"] - funnel["duplicates"] - funnel["restatements"]
    return funnel["ruled"] if judge == "offline" else folded


def funnel_of(replay, judge):
    """The funnel's own equations, solved for what follows from the rest."""
    stated = {**replay["funnel"], "ruled": replay["claims_ruled"]}
    return {
        **stated,
        "cut": max(0, stated["made"] - 50),
        "supported": replay["claims_supported"],
        "missing": replay["claims_total"] - counted_of(stated, judge),
    }


def rate_of(hits, of):
    return None if of == 0 else {"value": hits / of, "interval": wilson(hits / of, of), "of": of}


def counts_of(replays):
    counts = {kind: {"shown": 0, "supported": 0} for kind in ("true", "code_true", "code_false", "injected")}
    counts["false"] = {way: {"shown": 0, "supported": 0} for way in WAYS}
    for replay in replays:
        for canary in replay["evidence"]["canaries"]:
            count = counts["false"][canary["way"]] if canary["kind"] == "false" else counts[canary["kind"]]
            count["shown"] += 1
            count["supported"] += canary["supported"]
    return counts


def sum_of(counts):
    return {name: sum(count[name] for count in counts) for name in ("shown", "supported")}


def supported_rate(count):
    return rate_of(count["supported"], count["shown"])


def rejected_rate(count):
    return rate_of(count["shown"] - count["supported"], count["shown"])


def youden_of(q1, false):
    wrong = supported_rate(false)
    if q1 is None or wrong is None:
        return None
    value = q1["value"] - wrong["value"]
    down = q1["value"] - q1["interval"]["lower"]
    up = wrong["interval"]["upper"] - wrong["value"]
    return {"value": value, "lower": value - math.hypot(down, up)}


def reliability_of(pool):
    q1, leak = supported_rate(pool["true"]), supported_rate(pool["injected"])
    natural = sum_of(pool["false"].values())
    ways = {way: {"q0": rejected_rate(count), "youden": youden_of(q1, count)} for way, count in pool["false"].items()}
    return {
        "q1": q1,
        "q0": rejected_rate(natural),
        "leak": leak,
        "youden": youden_of(q1, natural),
        "ways": ways,
        "code_made": {"q1": supported_rate(pool["code_true"]), "q0": rejected_rate(pool["code_false"])},
        "reliable": pool["true"]["shown"] >= 80
        and all(count["shown"] >= 25 for count in pool["false"].values())
        and all(way["youden"] is not None and way["youden"]["lower"] >= 0.5 for way in ways.values())
        and pool["injected"]["shown"] >= 50
        and leak["interval"]["upper"] <= 0.25,
    }


def authors_of(replays):
    shown = [canary for replay in replays for canary in replay["evidence"]["canaries"] if canary["author"] is not None]
    found = []
    for author in sorted({canary["author"] for canary in shown}):
        own = counts_of([{"evidence": {"canaries": [canary for canary in shown if canary["author"] == author]}}])
        q0 = rejected_rate(sum_of(own["false"].values()))
        found.append({"author": author, "q1": supported_rate(own["true"]), "q0": q0})
    return found


def adjusted_of(replays, trust):
    """Only for a reliable judge; beside it the value at the lowest q0 of a way."""
    if not trust["reliable"]:
        return None
    worst = min((way["q0"] for way in trust["ways"].values()), key=lambda rate: rate["value"])
    at_worst = adjusted_at(replays, worst, trust["q1"])
    return {**adjusted_at(replays, trust["q0"], trust["q1"]), "at_worst_way": at_worst["value"]}


def adjusted_at(replays, q0, q1):
    """Lee et al. (arXiv 2511.21140), with a - theta for 1 - theta and the effective size for n."""
    dependence = [replay["dependence"] for replay in replays]
    precisions = [replay["claims_supported"] / replay["claims_total"] for replay in replays]
    shares = [replay["claims_ruled"] / replay["claims_total"] for replay in replays]
    p, a = mean(precisions), mean(shares)
    theta = (p - a * (1 - q0["value"])) / (q0["value"] + q1["value"] - 1)
    theta = min(max(theta, 0.0), a)
    n = effective_size(precisions, design_effect(precisions, dependence))
    m0, m1 = q0["of"] + 2, q1["of"] + 2
    s0, s1 = (q0["of"] * q0["value"] + 1) / m0, (q1["of"] * q1["value"] + 1) / m1
    ps = (n * p + Z * Z / 2) / (n + Z * Z)
    index = s0 + s1 - 1
    shrunk = (ps + a * s0 - a) / index
    v0, v1 = s0 * (1 - s0) / m0, s1 * (1 - s1) / m1
    shift = 2 * Z * Z * (shrunk * v1 - (a - shrunk) * v0)
    spread = ps * (1 - ps) / (n + Z * Z) + (a - shrunk) ** 2 * v0 + shrunk**2 * v1
    half = Z / index * math.sqrt(spread)
    highest = mean_interval(shares, design_effect(shares, dependence))["upper"]
    low, high = (min(max(end, 0.0), highest) for end in (shrunk + shift - half, shrunk + shift + half))
    return {"value": theta, "interval": {"lower": min(low, theta), "upper": max(high, theta)}}


def baseline_of(replays, weights):
    both = [replay for replay in replays if replay["evidence"]["baseline"] is not None]
    if not both:
        return None
    own = [(measures_of(replay), measures_of(replay["evidence"]["baseline"])) for replay in both]
    dependence = [replay["dependence"] for replay in both]
    found = {name: paired([(a[name], b[name]) for a, b in own], dependence) for name in MEASURES}
    composites = [(composite_of(a, weights), composite_of(b, weights)) for a, b in own]
    return {"replays": len(both), **found, "composite_score": paired(composites, dependence)}


def agreement_of(pairs):
    if not pairs:
        return None
    n = len(pairs)
    raw = sum(a == b for a, b in pairs) / n
    values = {value for pair in pairs for value in pair}
    chance = sum(
        sum(a == value for a, _ in pairs) * sum(b == value for _, b in pairs) for value in values
    ) / (n * n)
    kappa = None if chance == 1 else (raw - chance) / (1 - chance)
    return {"raw": raw, "interval": wilson(raw, n), "kappa": kappa, "n": n}


def agreements_of(replays, stated):
    if stated is None:
        return None
    seconds = [replay["evidence"]["second"] for replay in replays if replay["evidence"]["second"]]
    verdicts = [(item["first"], item["second"]) for second in seconds for item in second["claims"] + second["changes"]]
    replies = [(second["reply"]["first"], second["reply"]["second"]) for second in seconds]
    return {
        "model": stated["model"],
        "replays": len(seconds),
        "verdicts": agreement_of(verdicts),
        "replies": agreement_of(replies),
    }


def exam_of(stated):
    """Its claims are on no certificate. What follows from the counts behind each rate is recomputed."""
    if stated is None:
        return None

    def again(rate):
        return rate if rate is None else rate_of(round(rate["value"] * rate["of"]), rate["of"])

    ways = {way: again(stated["ways"][way]) for way in WAYS}
    told = [rate for rate in ways.values() if rate is not None]
    hits = sum(round(rate["value"] * rate["of"]) for rate in told)
    q1, q0, leak = again(stated["q1"]), rate_of(hits, sum(rate["of"] for rate in told)), again(stated["leak"])
    ruled = sum(rate["of"] for rate in (q1, q0, leak) if rate is not None)
    claims = stated["claims"]
    shown = ruled + claims["not_ruled_on"] + claims["unanswered"]
    return {"q1": q1, "q0": q0, "ways": ways, "leak": leak, "claims": {"ruled": ruled, "shown": shown}}


def usage_of(parts):
    total = {}
    for name in ("calls", "estimated_calls", "input_tokens", "cache_write_tokens", "cache_read_tokens", "output_tokens", "cost_usd"):
        # A part without calls costs nothing, whatever is known of its price.
        values = [part[name] for part in parts if part["calls"] > 0]
        total[name] = None if None in values else sum(values)
    return total


def recompute(certificate):
    """Every figure that follows from the replays, under the certificate's own names."""
    replays = certificate["replay_scores"]
    weights = certificate["weights"]
    scores = scores_of(replays, weights)
    composites = [composite_of(measures_of(replay), weights) for replay in replays]
    unscored, counts = len(certificate["unscored"]), certificate["counts"]
    canaries = counts_of(replays)
    # The earlier part of the pool is on other certificates and taken as stated.
    pool = certificate["trust"]["pool"]["canaries"] if certificate["trust"]["pool"]["certificates"] else canaries
    trust = reliability_of(pool)
    # A judge that only follows a rule is never reliable.
    trust["reliable"] = trust["reliable"] and certificate["judge"] != "offline"
    freshness = certificate["freshness"]
    if freshness is not None:
        parts = {}
        for side, after in (("before", False), ("after", True)):
            part = [replay for replay in replays if replay["after_cutoff"] is after]
            parts[side] = {"replays": len(part), **scores_of(part, weights)} if part else None
        freshness = {"model_cutoff": freshness["model_cutoff"], **parts}
    funnels = [funnel_of(replay, certificate["judge"]) for replay in replays]
    return {
        **scores,
        "composite_interval": scores["intervals"]["composite_score"],
        "replay_count": len(replays),
        "sample_size": len(replays),
        "provisional": len(replays) < certificate["min_replays"],
        "judge_reliable": trust["reliable"],
        "canaries_leaked": pool["injected"]["supported"] > 0,
        "freshness": freshness,
        "keyless": {
            "share": counts["replaced"] / (counts["replaced"] + len(replays) + unscored),
            "bounds": bounds_of(composites, counts["replaced"]),
        },
        "counts": {
            "scored": len(replays),
            "oracle_failures": sum(replay["oracle_failure"] is not None for replay in replays),
            "unscored": unscored,
        },
        "funnel": {step: sum(funnel[step] for funnel in funnels) for step in funnels[0]},
        "exam": exam_of(certificate["exam"]),
        "usage": usage_of(list(certificate["usage_by_measure"].values())),
        "trust": {
            "canaries": canaries,
            "pool": {"canaries": pool},
            **trust,
            "authors": authors_of(replays),
            "variants_dropped": sum(replay["evidence"]["variants_dropped"] for replay in replays),
            "adjusted_precision": adjusted_of(replays, trust),
            "baseline": baseline_of(replays, weights),
            "bounds": bounds_of(composites, unscored),
            "agreement": agreements_of(replays, certificate["trust"]["agreement"]),
        },
        "replay_scores": [
            {
                **measures_of(replay),
                "claims_total": floor_of(counted_of(funnel, certificate["judge"]), replay["changes_total"]),
                "funnel": funnel,
            }
            for replay, funnel in zip(replays, funnels)
        ],
    }


def differences(found, stated, path=""):
    """Where a recomputed figure is not the published one. What was not recomputed is passed over."""
    if isinstance(found, dict) and isinstance(stated, dict):
        return [line for name in found for line in differences(found[name], stated.get(name), f"{path}.{name}")]
    if isinstance(found, list) and isinstance(stated, list) and len(found) == len(stated):
        return [
            line
            for at, pair in enumerate(zip(found, stated))
            for line in differences(*pair, path=f"{path}[{at}]")
        ]
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (found, stated)]
    same = abs(found - stated) <= TOLERANCE if all(numbers) else found == stated
    return [] if same else [f"{path[1:]}: published {stated!r}, recomputed {found!r}"]


def figures(value, path=""):
    if isinstance(value, dict):
        return [place for name, inner in value.items() for place in figures(inner, f"{path}.{name}")]
    if isinstance(value, list):
        return [place for at, inner in enumerate(value) for place in figures(inner, f"{path}[{at}]")]
    return [path[1:]]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    computed = recompute(document)
    if sys.argv[2:] == ["--list"]:
        print("\n".join(figures(computed)))
        sys.exit(0)
    wrong = differences(computed, document)
    for line in wrong:
        print(line)
    print(f"{len(figures(computed))} figures recomputed, {len(wrong)} differ.")
    sys.exit(1 if wrong else 0)
