# %% [markdown]
# # 13. Recurrent networks
#
# *About 90 minutes.* (The lead joins the sections of this lesson; this one is on translation.)

# %%
# %matplotlib inline
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.exercises import answer, check, hint

torch.set_num_threads(1)  # these networks are small: one thread is fastest
device = torch.device("cpu")

# %% [markdown]
# ## Many to many, when the lengths differ: translation
#
# A tagger says one thing for each word that it reads. A translator cannot: `5:30 pm` is four tokens,
# `17:30` is three, and their order may change as well. So there are two networks. The **encoder** reads
# the whole phrase and says nothing. The **decoder** begins with the encoder's last state and writes, a word
# at a time: each word that it has said is its next input, until it says `<eos>`.

# %%
from workshop.day2.recurrent import translation_figures

translation_figures.encoder_decoder(["5", ":", "30", "pm"], ["17", ":", "30"])

# %% [markdown]
# $a$ are the encoder's states, $d$ the decoder's. All that the decoder ever learns about the phrase goes
# through the thick arrow. The signs count as words, and so does `<eos>`; the dashes say: what comes out goes
# in next.
#
# What shall it translate? Something with one right answer, so that we can count: dates, times, amounts and
# numbers, in English and French. The pairs are made from Unicode's tables of how people all over the world
# write these things.

# %%
from workshop.core.phrases import phrases
from workshop.day2.recurrent import search, translation, wording

pairs = phrases()
for i in (3, 4, 5, 7, 14, 17, 20, 25):
    print(f"{pairs.train.kinds[i]:14} {pairs.train.english[i]:52} {pairs.train.french[i]}")
print(f"{len(pairs.train):,} to learn from, {len(pairs.validation)} to choose by, "
      f"{len(pairs.test):,} for the test")  # fmt: skip

# %% [markdown]
# French is full of traps. 81 is *four-twenty-one*, and 80 has an s that 81 has not. The first of a month is
# `1er`, all other days are plain numbers. The clock runs to 24. And 1.5 is still singular: `1,5 mètre`.
#
# Each word, number or sign is a token, as in lesson 12, and each language has a vocabulary of its own:

# %%
dictionary = wording.Dictionary.of(pairs.train)
known_pairs = wording.ids_of(dictionary, pairs.train)
print(wording.tokenize("Tuesday, March 5, 2024"))
print("ids:", dictionary.read("Tuesday, March 5, 2024"))
print(f"{len(dictionary.source)} English tokens, {len(dictionary.target)} French ones")
source_lengths = [len(source) for source, _ in known_pairs]
target_lengths = [len(target) for _, target in known_pairs]
differ = sum(a != b for a, b in zip(source_lengths, target_lengths, strict=True))
print(f"T_x and T_y differ in {differ:,} of {len(known_pairs):,} pairs")

# %% [markdown]
# While it learns, the decoder is not given what it said itself but the right word of the step before. This
# is **teacher forcing**: one early mistake does not spoil all that follows, and all steps are trained in
# one go. What it is given and what it has to say are the same words, one step apart:

# %%
show_source(wording.batch_of)

# %%
source_batch, given_batch, wanted_batch = wording.batch_of(known_pairs[:3])
french_words = list(dictionary.target)
for given_row, wanted_row in zip(given_batch.tolist(), wanted_batch.tolist(), strict=True):
    print("given: ", *[f"{french_words[i]:>10}" for i in given_row])
    print("wanted:", *[f"{french_words[i]:>10}" for i in wanted_row], "\n")

# %% [markdown]
# Short phrases are filled up with `<pad>`, and here lies a trap. The last state must be the state after the
# last *word*. A cell that goes on through the padding ends in another state:

# %%
show_source(translation.last_state)

# %%
fresh = translation.build(dictionary, "plain", translation.Config())
short_phrase = wording.padded([dictionary.read("5:30 pm")])
with torch.no_grad():
    right_state = fresh.encode(short_phrase)[2]
    longer = F.pad(short_phrase, (0, 8))  # eight times <pad> at its end
    states_with_padding, _, still_right = fresh.encode(longer)
print("with the mask, the padding changes nothing:", torch.allclose(right_state, still_right))
drift = (states_with_padding[:, -1] - right_state).norm() / right_state.norm()
print(f"without it, the state is off by {drift:.0%} of its size")

# %% [markdown]
# Both networks are GRUs: cells that keep things for longer than the plain one; lesson 14 opens them. The
# decoder's state and the encoder's last state go through a layer together, and out come logits for all
# words. (Look at `decode`: `attention` is what comes later.)

# %%
show_source(translation.Translator)

# %% [markdown]
# **Your bet:** how many of the phrases that it has never seen will it translate right to the last sign?

# %%
settings = translation.Config()
plain_translator = translation.build(dictionary, "plain", settings).to(device)
run = translation.learn(plain_translator, known_pairs, settings, epochs=settings.plain_epochs)
plain_history = plots.live(run, title="Encoder and decoder")


# %%
def share_right(model, part=pairs.validation):
    return translation.exact(model, dictionary, part)


plain_right = share_right(plain_translator)
print(f"right to the last sign: {plain_right.float().mean():.3f} of {len(plain_right)} new phrases")

# %% [markdown]
# Never trust a number alone. What does it get wrong?

# %%
wrong = (~plain_right).nonzero()[:, 0].tolist()
for i in wrong[:8]:
    english, french = pairs.validation.english[i], pairs.validation.french[i]
    said, _ = translation.translate(plain_translator, dictionary, english)
    print(f"{english}\n    should be  {french}\n    says       {said}")

# %%
by_kind = {}
for kind in dict.fromkeys(pairs.validation.kinds):
    rows = [i for i, k in enumerate(pairs.validation.kinds) if k == kind]
    by_kind[kind.replace(" ", "\n", 1)] = plain_right[rows].float().mean().item()
plots.bars(by_kind, title="Encoder and decoder, by kind of phrase", ylabel="exactly right")

# %% [markdown]
# Mostly it writes good French, and says a wrong number or name in it. Grammar is in the weights; but *which* day,
# minute and year must all fit into one state of 128 numbers. The longer the phrase, the tighter it gets.
#
# ## Attention
#
# Why should the encoder throw all of its states away but the last? There is one for every word. Let the
# decoder look at all of them whenever it says something, and choose itself what matters now. For a state
# of the decoder, the **query** $q$, and each state of the encoder, a **key** $k_t$:
#
# $$s_t = \frac{q \cdot k_t}{\sqrt{H}} \qquad w = \mathrm{softmax}(s) \qquad
# \mathrm{context} = \sum_t w_t\, v_t$$
#
# The score $s_t$ says how well word $t$ fits; the softmax makes weights of the scores, which add up to 1;
# the context is the mean of the **values** $v_t$ with these weights (here the values are the states again).
# Padding must not get any weight, so it is hidden in the scores, before the softmax.
#
# **Exercise.** Write it. `mask` is `True` at words, `False` at padding.


# %% exercise="attend"
def attend(query, keys, values, mask):
    """query (B, Q, H), keys and values (B, T, H), mask (B, T) -> context (B, Q, H), weights (B, Q, T).

    Weights of padding are 0, also in a phrase that is all padding. `math` is Python's, not torch's.
    """
    raise NotImplementedError("write attend, then run this cell")


# hint(attend)
check(attend)

# %% [markdown]
# PyTorch has the same in one function, quick on any device:

# %%

from workshop.day2.recurrent import attention

torch.manual_seed(0)
query, keys, values = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
context, weights = attention.attend(query, keys, values, mask)
theirs = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask[:, None, :])
print("equal to torch's:", torch.allclose(context, theirs, atol=1e-6))
print("weights of a phrase of two words:", [round(w, 2) for w in weights[1, 0].tolist()])

# %% [markdown]
# Why divide by $\sqrt{H}$? A sum of $H$ products grows with $H$, and softmax of large scores looks at one
# word only, with hardly a gradient for the others. (The first attention, by Bahdanau and others in 2015,
# had a small network for the score. It is in the library, too: kind `"additive"`.)
#
# The same encoder, decoder and settings; only the context is new. **Your bet:** how many right now, after
# half of the training?

# %%
looking_translator = translation.build(dictionary, "dot", settings).to(device)
run = translation.learn(looking_translator, known_pairs, settings, epochs=settings.epochs)
looking_history = plots.live(run, title="With attention")

# %%
looking_right = share_right(looking_translator)
print(f"last state alone: {plain_right.float().mean():.3f}, {settings.plain_epochs} epochs")
print(f"with attention:   {looking_right.float().mean():.3f}, {settings.epochs} epochs")

# %%
lengths = torch.tensor([len(wording.tokenize(text)) for text in pairs.validation.english])
groups = [(lengths >= low) & (lengths <= high) for low, high in ((1, 3), (4, 5), (6, 8), (9, 14))]
plots.functions(
    torch.stack([lengths[rows].float().mean() for rows in groups]),
    {
        "last state": torch.stack([plain_right[rows].float().mean() for rows in groups]),
        "attention": torch.stack([looking_right[rows].float().mean() for rows in groups]),
    },
    xlabel="tokens to read",
    ylabel="exactly right",
    title="Long phrases do not fit into one state",
)

# %% [markdown]
# ### Where does it look?
#
# The weights can be seen. Each row is a word that the decoder says, each column a word that it has read:


# %%
def look(text):
    """Translate, and draw where each word of the translation looked."""
    try:
        said, weights = translation.translate(looking_translator, dictionary, text)
    except wording.PhraseError as problem:
        print(problem)
        return None
    print(f"{text}  ->  {said}")
    return translation_figures.attention_map(
        weights, wording.tokenize(text), [*wording.tokenize(said), "<eos>"]
    )


look("tuesday, march 5 at 5:30 pm")

# %% [markdown]
# Nobody told it which French word belongs to which English one. It need not look at a word itself: the
# encoder's state at the next word still knows it, and the decoder begins with the last state, which knows
# `pm`. So a map of attention is a hint at what a model does, no proof. Now a number, in which French counts in another way:

# %%
look("eighty-one")

# %% [markdown]
# Your turn. Anything the training phrases had words for; what it has no words for, it says:

# %%
from ipywidgets import Text, interact

_ = interact(look, text=Text("friday, may 1, 2048", continuous_update=False))

# %%
for text in (
    "three hundred and eighty",
    "1.5 kilometers",
    "May 1, 1873",
    "in 3 hous",
    "\U0001f642",
):
    try:
        print(f"{text}  ->  {translation.translate(looking_translator, dictionary, text)[0]}")
    except wording.PhraseError as problem:
        print(f"{text}  ->  {problem}")

# %% [markdown]
# Is it the attention that does it? Take it out: give every word the same weight, in the trained model.

# %%
evenly = translation.exact(looking_translator, dictionary, pairs.validation, even=True)
print(f"attention spread evenly: {evenly.float().mean():.3f} right")

# %% [markdown]
# ### Greedy, or with a beam
#
# So far the decoder took the most probable word at each step: **greedy**. But the most probable *phrase*
# may begin with a word that was not. **Beam search** keeps the best few beginnings instead of one, tries
# each with every next word, and keeps the best few of these.

# %%
best_four = search.beam(
    plain_translator, wording.padded([dictionary.read(pairs.validation.english[wrong[0]])]), width=4
)
print(pairs.validation.english[wrong[0]], " should be ", pairs.validation.french[wrong[0]])
for hypothesis in best_four:
    print(f"  log-probability {hypothesis.score:7.3f}  {dictionary.write(hypothesis.ids)}")

# %% [markdown]
# A wider beam finds phrases that the model thinks more probable (mostly: it is not guaranteed, since it may
# drop a beginning that would have ended well). Whether they are *right* more often is another question.
# **Your bet?** On the phrases that the plain translator got wrong, and as many that it got right:

# %%
some_right = plain_right.nonzero()[:, 0].tolist()[: len(wrong)]
rows = wrong + some_right
greedy_score = beam_score = higher = lower = 0
for i in rows:
    source = wording.padded([dictionary.read(pairs.validation.english[i])])
    one, four = (search.beam(plain_translator, source, width=width)[0] for width in (1, 4))
    greedy_score += dictionary.write(one.ids) == pairs.validation.french[i]
    beam_score += dictionary.write(four.ids) == pairs.validation.french[i]
    higher += four.score > one.score + 1e-4
    lower += four.score < one.score - 1e-4
print(
    f"of {len(rows)} phrases, the beam's is more probable for {higher}, less probable for {lower}"
)
print(f"exactly right: greedy {greedy_score}, beam of four {beam_score}")

# %% [markdown]
# A beam finds what the model believes, and if the model is wrong about the number, so is the beam. It pays
# where there are many good phrases to choose from, less where there is one.
#
# ### The test, and the way back
#
# All choices are made, so once on the test set. And the same pairs give a translator from French, without
# a line of new code (trained half as long here, to spare your time):

# %%
way_back = wording.Dictionary.of(pairs.train, "fr-en")
back_translator = translation.build(way_back, "dot", settings).to(device)
run = translation.learn(
    back_translator, wording.ids_of(way_back, pairs.train), settings, epochs=settings.epochs // 2
)
_ = plots.live(run, title="From French to English")
tested = {
    "last state\nEnglish-French": translation.exact(plain_translator, dictionary, pairs.test),
    "attention\nEnglish-French": translation.exact(looking_translator, dictionary, pairs.test),
    "attention\nFrench-English": translation.exact(back_translator, way_back, pairs.test),
}
plots.bars(
    {name: right.float().mean().item() for name, right in tested.items()},
    title=f"{len(pairs.test):,} test phrases", ylabel="exactly right",
)  # fmt: skip

# %%
print(translation.translate(back_translator, way_back, "quatre-vingt-dix-neuf")[0])
print(translation.translate(back_translator, way_back, "lundi 1er avril à 00:05")[0])

# %% [markdown]
# The first of these is 99. If it says something else, think of what it has read: *four-twenty-ten-nine*.
#
# ## Bonus: attention, the bridge to Transformers
#
# If looking works so well, why still walk through the phrase step by step? In a **Transformer** no cell is
# left. Each word of a sentence asks all words of the same sentence: **self-attention**. Three matrices make
# of each word a query, a key and a value; the rest you have written already:

# %%
show_source(attention.self_attention)

# %%
torch.manual_seed(1)
bridge_words = ["mardi", "5", "mars", "à", "17", ":", "30"]
bridge_x = torch.randn(1, len(bridge_words), 8)  # a vector for each word
w_q, w_k, w_v = torch.randn(3, 8, 8) / math.sqrt(8)
no_padding = torch.ones(1, len(bridge_words), dtype=torch.bool)
mixed, bridge_weights = attention.self_attention(bridge_x, w_q, w_k, w_v, no_padding)
head = nn.MultiheadAttention(8, num_heads=1, bias=False, batch_first=True)
with torch.no_grad():
    head.in_proj_weight.copy_(torch.cat([w_q, w_k, w_v]))
    head.out_proj.weight.copy_(torch.eye(8))  # it has one more matrix at its end
    theirs, _ = head(bridge_x, bridge_x, bridge_x)
print("equal to one head of nn.MultiheadAttention:", torch.allclose(mixed, theirs, atol=1e-5))
translation_figures.attention_map(
    bridge_weights[0],
    bridge_words,
    bridge_words,
    title="Self-attention, before any training",
    axes=("is asked", "asks"),
)

# %% [markdown]
# Every word reaches every other in *one* step, however far apart they are, and all words are worked out at
# once: nothing waits for the step before. In a recurrent network the first word has to survive every step
# in between, as lesson 14 will show.
#
# The price: nothing in the formula knows order. **Your bet:** shuffle the words. What changes?

# %%
order = torch.randperm(len(bridge_words))
shuffled, _ = attention.self_attention(bridge_x[:, order], w_q, w_k, w_v, no_padding)
print("shuffled in, the same shuffled out:", torch.allclose(shuffled, mixed[:, order], atol=1e-5))

# %% [markdown]
# Each word gets just what it got before: "5 mars" and "mars 5" are the same to it. So Transformers add to
# each word's vector a row of numbers that says where it stands. One way, from the first paper: waves, from
# quick to slow, so that each place has a pattern of its own:

# %%
place = attention.positions(len(bridge_words), 8)
there, _ = attention.self_attention(bridge_x + place, w_q, w_k, w_v, no_padding)
moved, _ = attention.self_attention(bridge_x[:, order] + place, w_q, w_k, w_v, no_padding)
print("with positions, still the same:", torch.allclose(moved, there[:, order], atol=1e-5))
table = attention.positions(60, 16)
plots.functions(
    torch.arange(60),
    {f"number {i + 1} of 16": table[:, i] for i in (0, 4, 6)},
    xlabel="place",
    ylabel="is added",
    title="Positions as waves",
)

# %% [markdown]
# Several such heads side by side, a small network for each word, way past both (lesson 7) and
# normalisation, a few times over: that is a Transformer, and `nn.Transformer` and `nn.MultiheadAttention`
# have it ready. The models behind translation services and chat programs are of this kind.
#
# *Where the book differs:* it stops at recurrent networks. They are still a good way to understand
# sequences, and small ones run anywhere, but most translation today is done by Transformers.
#
# ### Test yourself
#
# **1.** Your translator scores well while it trains and writes nonsense when it is used: its first word is
# often right, then it goes astray. What did training never show it?
#
# <details><summary>Answer</summary>
#
# Its own mistakes. With teacher forcing it was always given the right word before. In use, it is given
# what it said itself, so one wrong word leads to places it has never been to.
# </details>
