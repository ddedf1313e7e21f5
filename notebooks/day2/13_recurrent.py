# %% [markdown]
# # 13. Recurrent networks
#
# *About 90 minutes.* At the end you can
#
# - let a network write a sequence of its own, token by token, until it says that it is done;
# - say how surprised it is by tunes it has never seen, and beat simple counting at that;
# - choose the next token by chance, with a temperature, and say what that is good for.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import torch
from IPython.display import Audio, display
from ipywidgets import Dropdown, FloatSlider, IntSlider, interact
from torch import Tensor

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.device import seed_everything
from workshop.core.training import train_epochs
from workshop.core.tunes import KINDS, tunes
from workshop.day2.recurrent import composer, music, ngrams, notes, sound
from workshop.exercises import answer, check, hint

before = torch.get_num_threads()
torch.set_num_threads(1)  # the steps of these networks are small: one thread is fastest

# %% [markdown]
# ## One to many: a network that writes tunes
#
# No sequence comes in now, but one goes out. Each step gives a softmax over the possible next tokens. One
# of them is *drawn by chance*, and becomes the input of the next step. So it goes on until the network
# draws the token `<eos>`, end of sequence: then it is done.
#
# Something to listen to while we learn that: dances for the fiddle, printed in Boston in 1883.

# %%
book = tunes()
tune = next(t for t in book.train if t.title == "Irish Wash-woman")
print(f"{len(book.train)} / {len(book.validation)} / {len(book.test)} tunes;",
      f"'{tune.title}', a {tune.kind} in {tune.metre[0]}/{tune.metre[1]}")  # fmt: skip
tune_tokens = notes.tokens_of(tune)
display(Audio(sound.wave(tune_tokens), rate=16_000))
sound.staff(tune_tokens, title=tune.title)

# %% [markdown]
# Notes become tokens just as words did in lesson 12. A token is a pitch (D5: the D in the fifth octave) and
# its length, as a part of a whole note. `|` is a bar line, `||` ends a part. All tunes are moved into one
# key, so that they share their tokens.

# %%
print(tune_tokens[:20], "...", tune_tokens[-3:])
tune_vocabulary = notes.vocabulary_of(book.train)
tune_words = list(tune_vocabulary)
tune_rows = {
    name: notes.ids_of(part, tune_vocabulary)
    for name, part in (("train", book.train), ("validation", book.validation), ("test", book.test))
}
print(f"{len(tune_vocabulary)} tokens:", *tune_words[:12])
print(f"{sum(map(len, tune_rows['train'])):,} of them, one after the other, to learn from")

# %% [markdown]
# Where is the input, if nothing goes in? The first token is always `<sos>`, start of sequence, and the
# state begins with zeros. Tunes differ because of the draws.
#
# *Where the book differs:* it starts the network with a random input. A start token (or zeros) is enough:
# the chance is in the sampling.
#
# ### What is there to beat?
#
# A model of sequences gives every next token a probability $P$. Over tunes that it has never seen, we take
# the mean of its surprise, $-\log P$, and of that the exponential: the **perplexity**. It says among how
# many equally likely tokens the model hesitates. Who knows nothing hesitates among all of them.
#
# No network is needed for that. Count how often each token occurs (**unigram**), or each after each
# (**bigram**), or after the last two:

# %%
tune_counts = {
    f"{n} token{'s' * (n > 1)}\nbefore" if n else "no token\nbefore": ngrams.fitted(
        tune_rows["train"], tune_rows["validation"], n + 1, len(tune_vocabulary)
    )
    for n in range(3)
}
tune_perplexity = {
    name: counts.perplexity(tune_rows["test"]) for name, counts in tune_counts.items()
}
plots.bars(tune_perplexity, ylabel="perplexity", title="Counting, on new tunes")

# %% [markdown]
# More context helps less and less: most runs of several tokens have hardly ever been seen. (What is rare
# borrows from the shorter run. How much, was chosen on the validation tunes.)
#
# ### The network
#
# Instead of a table for the last few tokens, a *state*, which may carry anything from the whole tune so far.
# We take a GRU, a recurrent cell that keeps things for longer (lesson 14 opens it):

# %%
show_source(composer.Composer)

# %% [markdown]
# In training all tokens are known. So the whole tune goes in at once, and at each place the right answer is
# the token one place further on. **Your bet:** the perplexity of the network on new tunes?

# %%
seed_everything(0)
settings = music.Config()
writer = composer.Composer(tune_vocabulary, hidden=settings.hidden, embedding=settings.embedding)
tune_recipe = music.recipe(
    writer, tune_rows["train"] + tune_rows["validation"], tune_vocabulary, settings
)
_ = plots.live(train_epochs(writer, **tune_recipe), title="Learning to continue a tune")

# %%
tune_perplexity["GRU"] = composer.perplexity(writer, tune_rows["test"], tune_vocabulary)
plots.bars(tune_perplexity, ylabel="perplexity", title="The same new tunes")

# %% [markdown]
# Is it the state? Take it away: a network of the same size whose state is set to zero before each step sees
# one token only. And is it the melody? Ask the trained network about new tunes whose notes are shuffled.

# %%
seed_everything(0)
forgetful = composer.Composer(
    tune_vocabulary, hidden=settings.hidden, embedding=settings.embedding, memory=False
)
for _ in train_epochs(
    forgetful,
    **music.recipe(
        forgetful, tune_rows["train"] + tune_rows["validation"], tune_vocabulary, settings
    ),
):
    pass
mixed = notes.shuffled(tune_rows["test"], seed=0)
for name, value in {
    "GRU": tune_perplexity["GRU"],
    "without its state": composer.perplexity(forgetful, tune_rows["test"], tune_vocabulary),
    "one token before, counted": tune_perplexity["1 token\nbefore"],
    "GRU, new tunes shuffled": composer.perplexity(writer, mixed, tune_vocabulary),
}.items():
    print(f"{name:27}{value:7.1f}")

# %% [markdown]
# Without its state the network is a bigram, no better than counting pairs. And shuffled notes surprise
# the GRU far more than they would a model that knows nothing of order, the unigram: it expects melodies.
#
# ### Let it write
#
# The plainest way: always take the most likely token. Try it twice:

# %%
first, second = (
    composer.compose(writer, tune_vocabulary, temperature=0, start=["<reel>"], seed=seed)[0]
    for seed in (1, 2)
)
print("twice the same:", first == second)
print("ended by itself:", first[-1] == "<eos>", "after", len(first), "tokens")
display(Audio(sound.wave(first[:160]), rate=16_000))
sound.staff(first, title="Always the most likely token")

# %% [markdown]
# Always the same tune, whatever the seed, and most often one that repeats itself. So we *draw* the token: a
# likely one often, an unlikely one now and then. How often, can be set by a **temperature** $\tau$:
#
# $$P(\text{token } i) = \mathrm{softmax}(z / \tau)_i$$
#
# Cold, below 1, likely tokens become likelier still. Hot, above 1, all become more alike. Here are the
# most likely tokens at the start of a reel:

# %%
with torch.no_grad():
    begun = torch.tensor([[tune_vocabulary["<sos>"], tune_vocabulary["<reel>"]]])
    z = writer(begun)[0, -1]
likely = z.topk(6).indices
plots.functions(
    torch.arange(1, 7),
    {f"temperature {t}": torch.softmax(z / t, 0)[likely] for t in (0.5, 1.0, 2.0)},
    xlabel="rank of the token: 1 is the most likely",
    ylabel="probability",
    title="How a reel may begin",
)

# %% [markdown]
# **Exercise.** Write the draw. `u` is a random number between 0 and 1 for each row. Lay the row's
# probabilities side by side on the line from 0 to 1: the token on which `u` falls is the one. Temperature 0
# shall mean: the most likely.


# %% exercise="pick"
def pick(logits, temperature, u):
    """logits (B, V), a temperature of 0 or more, draws u (B,) in [0, 1) -> ids (B,)."""
    raise NotImplementedError("write pick, then run this cell")


# hint(pick)
check(pick)

# %% [markdown]
# With that, the loop that writes is short:

# %%
show_source(composer.compose)

# %%
reel = composer.compose(writer, tune_vocabulary, temperature=0.8, start=["<reel>"], seed=5)[0]
print("ended by itself:", reel[-1] == "<eos>", "after", len(reel), "tokens")
display(Audio(sound.wave(reel), rate=16_000))
sound.staff(reel, title="A reel by a network")

# %% [markdown]
# Which temperature is best? **Your bet:** what will happen at 0.3, and at 1.5? We let it write 36 tunes
# at each temperature, three kinds of dance, and measure: do they end by themselves (in 300 tokens), do they
# fill their bars, how many are different, and how much is new *within* a tune (of all runs of four notes,
# the share that is different)?


# %%
def many_tunes(temperature):
    """Twelve reels, twelve hornpipes, twelve jigs."""
    return [
        one
        for kind in ("<reel>", "<hornpipe>", "<jig>")
        for one in composer.compose(
            writer, tune_vocabulary, count=12, temperature=temperature, start=[kind], limit=300
        )
    ]


temperatures = (0.0, 0.3, 0.5, 0.7, 1.0, 1.5)
measured = {"ends by itself": [], "bars filled": [], "different tunes": [], "new within a tune": []}
for t in temperatures:
    many = many_tunes(t)
    full, all_bars = notes.bars_full(many)
    measured["ends by itself"].append(sum(one[-1] == "<eos>" for one in many) / len(many))
    measured["bars filled"].append(full / max(all_bars, 1))
    measured["different tunes"].append(music.different(many) / len(many))
    measured["new within a tune"].append(sum(map(notes.variety, many)) / len(many))
plots.functions(
    torch.tensor(temperatures),
    measured,
    xlabel="temperature",
    ylabel="share",
    title="36 tunes at each temperature",
)

# %%
printed = [notes.tokens_of(t) for t in book.test]
full, all_bars = notes.bars_full(printed)
print(f"printed tunes: bars filled {full / all_bars:.2f},",
      f"new within a tune {sum(map(notes.variety, printed)) / len(printed):.2f}")  # fmt: skip
pairs = tune_counts["1 token\nbefore"]
ends = tune_vocabulary["<eos>"]
paired = [
    pairs.sample([tune_vocabulary["<sos>"]], ends, limit=300, seed=seed) for seed in range(40)
]
full, all_bars = notes.bars_full([[tune_words[i] for i in ids[1:]] for ids in paired])
print(f"drawn from counted pairs: bars filled {full / all_bars:.2f}")

# %% [markdown]
# At 0 each kind of dance has one tune, and at low temperatures they are short of ideas. Too hot, and the bars
# no longer add up. In between the network keeps time far better than counted pairs do: it was told how long
# each note is, never what a bar is. But nearly all bars of printed tunes are full, and their phrases come
# back because somebody meant them to.
#
# Does it compose or copy? Look for runs of eight notes that stand in a tune it has learned from:

# %%
known_runs = {
    run for part in (book.train, book.validation) for t in part
    for run in notes.windows(notes.tokens_of(t), 8)
}  # fmt: skip
many = many_tunes(0.7)
for name, some in (("written by the network", many), ("new printed tunes", printed)):
    share = sum(notes.copied(one, known_runs, 8) for one in some) / len(some)
    print(f"{name:23} {share:.3f} of their runs of eight notes are in a tune it has seen")

# %% [markdown]
# Your turn: choose a dance and a temperature. Another seed is another tune.


# %%
def write(kind="jig", temperature=0.7, seed=1):
    """A new tune, to be heard and seen."""
    new = composer.compose(
        writer, tune_vocabulary, start=[f"<{kind}>"], temperature=temperature, seed=seed, limit=300
    )[0]
    display(Audio(sound.wave(new), rate=16_000))
    display(sound.staff(new, title=f"A {kind}, temperature {temperature:.1f}"))
    return new


jig = write()

# %%
_ = interact(
    lambda kind, temperature, seed: write(kind, temperature, seed) and None,
    kind=Dropdown(options=KINDS, value="hornpipe"),
    temperature=FloatSlider(0.7, min=0, max=2, step=0.1, continuous_update=False),
    seed=IntSlider(1, min=1, max=50, continuous_update=False),
)

# %% [markdown]
# To take a tune home, save it as MIDI, the notes without the sound. Every music program opens it.

# %%
with tempfile.TemporaryDirectory() as folder:  # or any name you like, such as "my_jig.mid"
    file = sound.save_midi(jig, Path(folder) / "jig.mid", title="A jig by a network")
    print(file.name, file.stat().st_size, "bytes, beginning with", file.read_bytes()[:4])

# %%
torch.set_num_threads(before)

# %% [markdown]
# ### Test yourself
#
# **A network that writes tunes always takes the most likely token. You give it another seed. What changes?**
#
# <details><summary>Answer</summary>
#
# Nothing: no number is drawn, so no seed matters. The start token and the weights decide everything.
# </details>
