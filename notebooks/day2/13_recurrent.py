# %% [markdown]
# # 13. Recurrent networks
#
# *About 90 minutes.*

# %%
# %matplotlib inline
from collections import Counter

import torch
from ipywidgets import Text, interact

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.device import choose
from workshop.core.entities import CLASSES
from workshop.core.entities import entities as wikipedia_names
from workshop.core.training import train_epochs
from workshop.day2.recurrent import drawn, entities, spans, tagger
from workshop.exercises import answer, check, hint

device = choose("cpu")
before = torch.get_num_threads()
torch.set_num_threads(1)  # the steps of these cells are small: one thread is fastest

# %% [markdown]
# ## Many to many: the names in a sentence
#
# One output for every input: a tag for each token, so T_x = T_y. The task is as old as reading by machine:
# who, what and where is a text about? People (PER), organisations (ORG), places (LOC), and what else has a
# name, such as peoples, wars and books (MISC). A name may have several tokens, so the tags say more than the
# class: **B** begins a name, **I** goes on with it, **O** is outside of all names.

# %%
wiki = wikipedia_names()
shown = next(s for s in wiki.test if "Grant" in s.tokens and "Appomattox" in s.tokens)
drawn.draw_tags(shown.tokens, {"tags": shown.tags}, title=f"From the article {shown.article}")

# %% [markdown]
# The sentences are from Wikipedia, no article in two parts. Where do the tags come from? Those to learn
# from are **silver**: another program wrote them, with its errors, and a few rules took some of them out.
# Those of the test are **gold**: read and corrected one by one, by rules that were written first
# (data/entities/RULES.md). The reader was a language model, as the data's manifest says.

# %%
for name in ("train", "validation", "test"):
    part = getattr(wiki, name)
    kinds = Counter(kind for row in entities.names_in(part) for *_, kind in row)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in CLASSES)
    print(f"{name:10} {len(part):5,} sentences, {sum(kinds.values()):5,} names: {counts}")

# %% [markdown]
# ### From tags to names
#
# What counts in the end are names, not tags. A network gives tags that no person would write, such as an I
# with no B before it. Then the usual agreement is that such an I begins a name:
#
# | tags | names |
# |---|---|
# | `B-PER I-PER O` | (0, 2, PER) |
# | `B-LOC B-LOC O` | (0, 1, LOC), (1, 2, LOC) |
# | `O I-ORG I-ORG` | (1, 3, ORG) |
# | `B-LOC I-PER O` | (0, 1, LOC), (1, 2, PER) |


# %% exercise="spans_of"
def spans_of(tags):
    """The tags of a sentence -> its names in their order: a list of (start, end, class), end exclusive."""
    raise NotImplementedError("write spans_of, then run this cell")


# hint(spans_of)
check(spans_of)

# %% [markdown]
# ### What is a good tagger?
#
# **Your bet:** a program that says O for every token. What share of the tokens does it get right?

# %%
outside = [["O"] * len(s.tokens) for s in wiki.test]
lazy = entities.accuracy("lazy", wiki.test, outside)
there = entities.names_in(wiki.test)
found = spans.count_spans(there, [spans.spans_of(tags) for tags in outside])
print(
    f"right tokens: {lazy.value:.3f}    names found: {found.right} of {found.wanted}    F1: {found.f1}"
)

# %% [markdown]
# Accuracy over tokens hides that nothing was found. So count names: a name is **right** if its first token, its
# last and its class are right. *Precision* is the share of the found names that are right, *recall* the share of
# the names that were found, and **F1** is their harmonic mean:
#
# $$F_1 = \frac{2 \cdot \text{right}}{\text{found} + \text{there}}$$

# %%
show_source(spans.count_spans)

# %% [markdown]
# ### First without a network
#
# The simplest tagger that finds something is a list (a *gazetteer*): all names of the training sentences, each
# with its most frequent class. At each place it takes the longest name that fits.

# %%
known = wiki.train + wiki.validation
listed = entities.Gazetteer(known)
test_tokens = [s.tokens for s in wiki.test]
by_list = [listed.spans(tokens) for tokens in test_tokens]
list_score = spans.count_spans(there, by_list)
seen_names = entities.texts_of(known)
new_names = entities.only_new(there, wiki.test, seen_names)
print(f"{len(listed.names):,} names in the list")
print(
    f"precision {list_score.precision:.3f}, recall {list_score.recall:.3f}, F1 {list_score.f1:.3f}"
)
print(f"{sum(map(len, new_names))} of {found.wanted} names in the test were never seen in training")

# %% [markdown]
# Whatever is new, a list cannot find. But a reader can: *in 1842 she wrote to ... about it* says that somebody's
# name comes, whoever it is, and a capital says more. So the network gets for each token its GloVe vector, how
# it is written (small, Capital, number, ...), its first and its last three letters. A recurrent network reads them
# from the left, another from the right (a *bidirectional* network: both neighbours matter), and one linear
# layer turns the two states of each token into nine logits. The cell is a GRU, one that keeps
# things for longer; lesson 14 opens it. *Where the book differs:* its figure reads from the left only.

# %%
show_source(tagger.Tagger.forward)

# %%
config = entities.Config()
readers = {}


def teach(context: bool):
    torch.manual_seed(0)
    reader = tagger.Reader(config.hidden, config.dropout, context=context)
    x, y = (part.to(device) for part in reader.examples(known))
    reader.model.to(device)
    run = train_epochs(
        reader.model, (x, y), seed=0, **entities.recipe(reader.model, len(x), config)
    )
    return reader, run


readers["reads both ways"], run = teach(context=True)
_ = plots.live(run, ("loss",), title="Learning from silver tags")

# %% [markdown]
# And the control: the same network with each token by itself, a plain layer instead of the GRU. **Your bet:** how
# much does it lose?

# %%
readers["each token alone"], run = teach(context=False)
for _ in run:
    pass
names_f1 = {"list": list_score.f1}
tagged = {}
for name, reader in readers.items():
    tagged[name] = reader.tag(test_tokens)
    names = [spans.spans_of(tags) for tags in tagged[name]]
    counts = spans.count_spans(there, names)
    names_f1[name] = counts.f1
    new = spans.count_spans(new_names, entities.only_new(names, wiki.test, seen_names))
    right = entities.accuracy(name, wiki.test, tagged[name])
    print(
        f"{name:17} F1 {counts.f1:.3f}   of new names found: {new.recall:.3f}   right tokens: {right.value:.3f}"
    )
plots.bars(
    {name.replace(" ", "\n", 1): score for name, score in names_f1.items()},
    title="Names in the gold sentences",
    ylabel="F1",
)

# %% [markdown]
# Look at the last column again: in right tokens, all of these are close to each other and to the program that
# always says O. In names found they are not.
#
# ### Your own sentence

# %%
best = readers["reads both ways"]


def look(text):
    tokens, tags = best.read(text)
    return drawn.draw_tags(tokens[:200], {"tagger": tags[:200]})


look("In 1843 Ada Lovelace sent her notes from London to Charles Babbage.")

# %%
typed = Text("Write a sentence with names from Paris to Peru.", continuous_update=False)
_ = interact(look, text=typed)

# %% [markdown]
# ### What it gets wrong
#
# The sentences with most errors, and the tags of all three: gold, silver, and ours. Read them. Whose error is it?

# %%
ours = tagged["reads both ways"]
errors = [len(set(a) ^ set(spans.spans_of(tags))) for a, tags in zip(there, ours, strict=True)]
worst = sorted(range(len(errors)), key=lambda i: -errors[i])[:3]


def compare(i):
    rows = {"gold": wiki.test[i].tags, "silver": wiki.test_silver[i].tags, "tagger": ours[i]}
    return drawn.draw_tags(wiki.test[i].tokens, rows, title=f"{wiki.test[i].article}")


compare(worst[0])

# %%
compare(worst[1])

# %% [markdown]
# How good are the silver tags themselves? They are what we learned from.

# %%
silver_names = entities.names_in(wiki.test_silver)
our_names = [spans.spans_of(tags) for tags in ours]
rows = {"silver": silver_names, "tagger": our_names}
for name, names in rows.items():
    by_class = {kind: spans.count_spans(there, names, kind).f1 for kind in CLASSES}
    print(f"{name:7} F1 on gold: {spans.count_spans(there, names).f1:.3f}  ", end="")
    print("  ".join(f"{kind} {f1:.3f}" for kind, f1 in by_class.items()))
agree = spans.count_spans(silver_names, our_names).f1
print(f"our F1 if silver were the truth: {agree:.3f}")
rows = list(zip(there, silver_names, our_names, strict=True))
invented = sum(len(set(ours) - set(gold)) for gold, _, ours in rows)
taught = sum(len((set(ours) - set(gold)) & set(silver)) for gold, silver, ours in rows)
print(f"{invented} names that we found are wrong; {taught} of these are in silver, word for word")

# %% [markdown]
# Errors in the labels are learned like everything else, and who learns from a teacher seldom gets far beyond
# it. Better labels are a question of data, not of the model: lesson 15 comes back to it. And had we tested on
# silver, we would have measured how well we copy another program, its errors included.
#
# ### Test yourself
#
# **1.** The gold name is (3, 6, ORG), *Bank of England*. The tagger finds (5, 6, LOC), *England*. How many names are
# right, how many found, and how many are there?
#
# <details><summary>Answer</summary>
#
# None is right, one was found, one is there. F1 is 0, though a third of the name was found: it is strict on
# purpose.
# </details>

# %%
torch.set_num_threads(before)
