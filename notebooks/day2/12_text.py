# %% [markdown]
# # Words as numbers
#
# *About 60 minutes.* Pictures are made of numbers. Sentences are not. At the end you can
#
# - take a sentence apart into tokens and ids, and put a batch of sentences into one table;
# - say what a one-hot vector costs, what it cannot say, and what an **embedding** does about it;
# - train word vectors on Shakespeare, with nothing but the text, and measure what they have learned;
# - build a first model that reads film reviews, and name the sentence that it can never understand.

# %%
# %matplotlib inline
import random
from itertools import pairwise

import torch
from ipywidgets import Dropdown, Text, interact
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import workshop.text as torchtext
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import plays, reviews, word_vectors
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day2.text import bag, bpe, pipeline, skipgram, vectors
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## From a string to ids
#
# What is a sentence to a computer? A row of characters, each with a number from Unicode's list:

# %%
sentence = pipeline.SENTENCE
print(sentence)
print([ord(character) for character in sentence])

# %% [markdown]
# Those are numbers, but poor ones: that `t` is 116 says nothing about films. We need larger units. To
# **tokenise** is to cut a text into units, its **tokens**. The plainest are words:

# %%
tokens = pipeline.tokenize(sentence)
print(tokens)

# %% [markdown]
# Then every different token gets a number of its own, its **id**. The list of tokens with their ids is
# the **vocabulary**. With the vocabulary of the book's example:

# %%
vocabulary = pipeline.BOOK_VOCABULARY
print(vocabulary)
print(pipeline.encode(tokens, vocabulary))  # equation 2.7

# %% [markdown]
# The same word has the same id, twice. What became of the exclamation marks? Our tokenizer drops
# punctuation. Others keep it. Here is one of torchtext's, a library for text (this workshop has its own
# version, `workshop.text`, that behaves the same):

# %%
basic_english = torchtext.get_tokenizer("basic_english")
print(len(tokens), "tokens by hand:      ", tokens)
print(len(basic_english(sentence)), "tokens, basic_english:", basic_english(sentence))

# %% [markdown]
# Neither is wrong. But the two must never be mixed: a model understands only the tokens that it was
# trained on. Type a sentence; try an emoji, an accent, or nothing at all:


# %%
def both(text=sentence):
    """The tokens of a text by two tokenizers."""
    print("by hand:      ", pipeline.tokenize(text))
    print("basic_english:", basic_english(text))


both("Na\u00efve? No: I'd see it again \U0001f3ac")

# %%
_ = interact(both, text=Text(sentence))

# %% [markdown]
# ### A vocabulary is learned, from the training texts only
#
# Here are real sentences: reviews of films, each rated by 15 to 29 people from -4 to 4.

# %%
parts = reviews()
for i in (0, 1, 2, 3):
    print(f"{parts.train.mean[i]:5.1f} (people differ by {parts.train.spread[i]:.1f})", end="  ")
    print(parts.train.texts[i])

# %%
train_tokens = [pipeline.tokenize(text) for text in parts.train.texts]
vocabulary = pipeline.build_vocabulary(train_tokens)
print(f"{len(vocabulary):,} tokens:", *list(vocabulary)[:14])
once = len(vocabulary) - len(pipeline.build_vocabulary(train_tokens, least=2))
print(f"{once:,} of them occur only once")
show_source(pipeline.build_vocabulary)

# %% [markdown]
# ### Special tokens
#
# The first four stand for no word:
#
# - `<pad>` fills up short sentences (below);
# - `<unk>`, unknown, stands in for every word that the vocabulary does not have;
# - `<sos>` and `<eos>` mark where a sequence starts and ends. A model that writes needs them: the first to
#   begin with, the second to say that it is done.

# %%
new = pipeline.tokenize("A zzyzx of a movie!")
ids = pipeline.with_ends(pipeline.encode(new, vocabulary), vocabulary)
words = list(vocabulary)
print(ids)
print([words[i] for i in ids])

# %% [markdown]
# With torchtext's names it looks like this, and gives the same ids:

# %%
library = torchtext.vocab.build_vocab_from_iterator(train_tokens, specials=list(pipeline.SPECIALS))
library.set_default_index(library["<unk>"])
print("same vocabulary:", library.get_itos() == words)
print("same ids:       ", library(new) == pipeline.encode(new, vocabulary))

# %% [markdown]
# **Your bet:** in what share of new sentences is every word known to a vocabulary made of thousands of
# sentences?

# %%
fresh = [pipeline.tokenize(text) for text in parts.validation.texts]
known = sum(all(token in vocabulary for token in tokens) for tokens in fresh)
print(f"{known} of {len(fresh)} new sentences have no unknown word")

# %% [markdown]
# ## Pieces of words
#
# Language never stops making words. Large language models therefore use tokens *smaller* than words:
# **byte pair encoding** begins with single bytes (the numbers from 0 to 255 in which a computer stores
# every text) and again and again joins the pair of neighbours that occurs most often. One round by hand:

# %%
text = "low lower lowest"
ids = list(text.encode())
counts = {pair: list(pairwise(ids)).count(pair) for pair in pairwise(ids)}
print(ids)
best = max(counts, key=counts.get)
print("most frequent:", best, repr(bytes(best).decode()), counts[best], "times")

# %% [markdown]
# **Exercise 1.** Replace that pair by one new id, wherever it stands, from left to right. Make a new list.


# %% exercise="merge_pair"
def merge_pair(ids, pair, new):
    """Ids, a pair of ids, and the id for both together -> the shorter list of ids."""
    raise NotImplementedError("write merge_pair, then run this cell")


# hint(merge_pair)
check(merge_pair)

# %%
print(bpe.merge_pair(ids, best, 256))

# %% [markdown]
# That is the whole idea. Do it a thousand times on the reviews:

# %%
merges = bpe.learn_merges(parts.train.texts, 1000)
pieces = bpe.BytePairs(merges)
print("first:", [pieces.tokens[256 + i].decode() for i in range(16)])
print("last: ", [pieces.tokens[256 + len(merges) - 1 - i].decode() for i in range(12)])

# %%
for text in ("The movie was terrible! terrible!", "An unbelievable screenplay", "A zzyzx movie"):
    print(pieces.tokenize(text))
back = sum(pieces.decode(pieces.encode(text)) == text for text in parts.validation.texts)
print(f"{back} of {len(fresh)} new sentences are the same after going to ids and back")

# %% [markdown]
# Frequent words are one token, rare ones fall into pieces, and nothing is ever unknown. The price:
# sentences become longer, and a piece may mean nothing by itself. In this lesson we go on with words.
#
# ## One-hot: a column for every word
#
# An id is a name, not a quantity: word 4 is not twice word 2. A fair way to feed it to a network is
# **one-hot**, as with classes in {lesson:losses}: a row of zeros with a single 1 at the id's place.

# %%
book_ids = torch.tensor(pipeline.BOOK_IDS)
rows = pipeline.one_hot(book_ids - 1, 4)  # the book's id k is row k - 1
print("one column a token, as in equation 2.8:")
print(rows.T.int())
print("one row a token, (T, V), as we shall use it:")
print(rows.int())

# %% [markdown]
# *Where the book differs:* its ids begin at 1 while places begin at 0, hence the `- 1`. Without it, the
# library makes five columns, one of them always empty. And it has one column a token here, one row a token
# in equation 2.9; we keep to rows.

# %%
print("F.one_hot on the raw ids:", tuple(F.one_hot(book_ids).shape))
print("F.one_hot on ids - 1:    ", torch.equal(F.one_hot(book_ids - 1).float(), rows))

# %% [markdown]
# ### What it costs, what it cannot see
#
# Real vocabularies have tens of thousands of words. A sentence of 20 words with 10,000 columns:

# %%
long = pipeline.one_hot(torch.arange(20), 10_000)
print(f"{tuple(long.shape)}: {long.numel():,} numbers, of which {int(long.sum())} are not 0")

# %% [markdown]
# Worse is what it does not say. `large` and `huge` mean nearly the same. **Your bet:** which two of these
# words have the closest one-hot vectors?

# %%
some = ["large", "huge", "banana"]
rows = pipeline.one_hot(torch.arange(3), 3)
for a, b in ((0, 1), (0, 2), (1, 2)):
    print(f"{some[a]:6} {some[b]:7} distance {torch.dist(rows[a], rows[b]):.3f}")

# %% [markdown]
# All the same. What a network learns about `huge` tells it nothing about `large`.
#
# ## Embeddings: a few numbers for every word
#
# Instead, give each word a short row of numbers, an **embedding**, and let training find them. The rows
# of all words make a table of $V$ rows and $D$ columns. The book's example has 4 words and 3 numbers each:

# %%
layer = nn.Embedding.from_pretrained(pipeline.BOOK_VECTORS)
print("the table, a row a word:")
print(layer.weight)
print("the sentence, equation 2.9:")
print(layer(book_ids - 1))

# %% [markdown]
# An `nn.Embedding` is a linear layer on one-hot rows: a row with a single 1, times the table, *is* a row
# of the table. Looking it up spares all the multiplications by 0.

# %%
table = nn.Embedding(10_000, 50)
ids = torch.randint(10_000, (20,))
product = pipeline.one_hot(ids, 10_000) @ table.weight
print("one-hot times table = lookup:", torch.allclose(product, table(ids)))

# %%
product.sum().backward()
print(
    "rows of the table that got a gradient:",
    int((table.weight.grad != 0).any(dim=1).sum()),
    "of 10,000; different words in the sentence:",
    len(ids.unique()),
)

# %% [markdown]
# ## Batches: padding, truncation, masks
#
# A batch is one tensor, so all its sentences need one length. Short ones are filled up with `<pad>`, long
# ones are cut.
#
# **Exercise 2.** Make the table, with lists and slices (`ids[:length]`), not with a function that pads.


# %% exercise="pad"
def pad(sequences, length, value):
    """Lists of ids, columns, id of <pad> -> tensor (B, length) of ids."""
    raise NotImplementedError("write pad, then run this cell")


# hint(pad)
check(pad)

# %%
texts = [
    "A gem.",
    "The movie was terrible! terrible!",
    "",
    "Who would ever want to see this again?",
]
encoded = [pipeline.encode(pipeline.tokenize(text), vocabulary) for text in texts]
batch = pipeline.pad(encoded, 6, vocabulary["<pad>"])
mask = batch != vocabulary["<pad>"]
print(batch)
print(mask.int())

# %% [markdown]
# The **mask** remembers which tokens are real. The library's chain of transforms makes the same table:

# %%
chain = torchtext.transforms.Sequential(
    torchtext.transforms.VocabTransform(library),
    torchtext.transforms.Truncate(6),
    torchtext.transforms.ToTensor(padding_value=library["<pad>"]),
)
print("same:", torch.equal(chain([pipeline.tokenize(text) for text in texts]), batch))

# %% [markdown]
# Padding must not change the result. The mean of a sentence's vectors is the mean over its *real* tokens;
# and an empty sentence has none.
#
# **Exercise 3.** Write that mean. A gradient will flow through it, so let no 0 / 0 happen on the way: a nan
# that is replaced afterwards comes back in the gradient. (`.clamp(min=1)` makes a number 1 at least.)


# %% exercise="masked_mean"
def masked_mean(vectors, mask):
    """vectors (B, T, D), mask (B, T), True at real tokens -> (B, D); zeros where there are none."""
    raise NotImplementedError("write masked_mean, then run this cell")


# hint(masked_mean)
check(masked_mean)

# %%
small = nn.Embedding(len(vocabulary), 4)
wide = pipeline.pad(encoded, 50, vocabulary["<pad>"])
narrow_mean = pipeline.masked_mean(small(batch), mask)
wide_mean = pipeline.masked_mean(small(wide), wide != vocabulary["<pad>"])
print("same mean, however much padding:", torch.allclose(narrow_mean[:3], wide_mean[:3], atol=1e-6))
print(
    "the same without a mask:        ",
    torch.allclose(small(batch).mean(dim=1)[:3], small(wide).mean(dim=1)[:3], atol=1e-6),
)

# %% [markdown]
# (The fourth sentence is left out of that comparison: with six columns it is cut.) PyTorch's recurrent
# layers, in the next lesson, take another form of the same thing: a **packed** sequence holds the real
# tokens only, and how many sentences are still going on at each step.

# %%
full = [ids for ids in encoded if ids]  # a packed sequence has no place for an empty sentence
lengths = torch.tensor([min(len(ids), 6) for ids in full])
padded = pipeline.pad(full, 6, 0)
packed = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
print("numbers in the table:", padded.numel(), "  packed:", packed.data.numel())
print("sentences at each step:", packed.batch_sizes.tolist())
print("and back:", torch.equal(pad_packed_sequence(packed, batch_first=True)[0], padded))

# %% [markdown]
# ## Where do good vectors come from?
#
# From the company that words keep. Cover a word: *"the ___ and the queen"*. What can stand there has
# something in common. **Skip-gram** (part of Word2Vec) makes a task of it. Each word $c$ has a vector
# $v_c$. It should have a high score $v_c \cdot u_o$ with a word $o$ that really stands near it, and low
# ones with $K$ words $n$ drawn at random, the **negatives**:
#
# $$L = -\log \sigma(v_c \cdot u_o) - \sum_{n} \log \sigma(-v_c \cdot u_n)$$
#
# That is binary cross-entropy from {lesson:losses}: real pair, or made up? No labels are needed; the text has
# them.
#
# **Exercise 4.** Write the loss, so that a gradient flows and large scores do no harm. (`F.logsigmoid` is
# the safe way to $\log \sigma$.)


# %% exercise="skip_gram_loss"
def skip_gram_loss(center, context, negatives):
    """v_c (B, D), u_o (B, D), u_n (B, K, D) -> the mean loss of the pairs, a scalar."""
    raise NotImplementedError("write skip_gram_loss, then run this cell")


# hint(skip_gram_loss)
check(skip_gram_loss)

# %% [markdown]
# The text: 27 plays of Shakespeare's, half a million words.

# %%
speech = plays()[1]
print(f"{speech.speaker}, in {speech.play}:\n{speech.text}\n")
settings = skipgram.Config()
corpus = skipgram.read_plays(settings)
print(f"{len(corpus.words):,} words, {len(corpus.centers):,} pairs at most {settings.window} apart")
for i in (0, 1000, 5000):
    print(corpus.words[corpus.centers[i]], "-", corpus.words[corpus.contexts[i]])

# %%
show_source(skipgram.SkipGram.forward)
torch.manual_seed(0)
model = skipgram.SkipGram(corpus.counts, settings.dim, settings.negatives)
untrained = model.center.weight.detach().clone()
history = plots.live(
    train_epochs(
        model,
        (corpus.centers, corpus.contexts, corpus.contexts),  # the model gives its own loss
        **skipgram.fit_options(model, len(corpus.centers), settings),
    ),
    title="Skip-gram on the plays",
)
learned = model.center.weight.detach()

# %% [markdown]
# Ask for neighbours: the words whose vectors point most nearly the same way. (The number behind each word
# is the **cosine** of the angle between the two: 1 is the very same way, 0 a right angle.) **Your bet:**
# who stands next to the king?


# %%
def near(word="king"):
    """The nearest words after training and before."""
    for name, table in (("trained", learned), ("untrained", untrained)):
        found = vectors.neighbours(word, corpus.words, vectors.unit(table), 6)
        print(f"{word:7} {name:10}", *(f"{other} {cosine:.2f} " for other, cosine in found))


for word in ("king", "father", "eye", "three"):
    near(word)

# %%
_ = interact(near, word=Dropdown(options=sorted(corpus.words[100:900]), value="sword"))

# %% [markdown]
# Pretty, but a few nice examples prove nothing. Let us measure: take a word, one of its five neighbours in
# vectors that somebody else learned from other texts (GloVe, below), and a word at random. Do ours have the
# real neighbour nearer? Chance is one half:

# %%
scores = {
    "untrained": skipgram.neighbour_score(corpus.words, untrained, "untrained"),
    "trained": skipgram.neighbour_score(corpus.words, learned, "trained"),
}
print({name: f"{score.correct:,} of {score.total:,}" for name, score in scores.items()})
plots.bars(
    {name: score.value for name, score in scores.items()},
    line=(0.5, "chance"),
    ylabel="questions answered",
    title="Who is nearer?",
)

# %% [markdown]
# Without a single label. The words' company was enough.
#
# ## Vectors that others trained
#
# **GloVe** learned from 6 billion words of Wikipedia and newspapers. The workshop brings its 20,000 most
# frequent words, 50 numbers each:

# %%
words, glove = word_vectors()
for word in ("large", "film", "terrible"):
    found = vectors.neighbours(word, words, glove)
    print(f"{word:9}", *(f"{other} {cosine:.2f} " for other, cosine in found))


# %% [markdown]
# `huge` is there, where one-hot saw nothing. Even directions mean something: the way from *man* to *king*
# is about the way from *woman* to ...?


# %%
def analogy(a="man", b="king", c="woman"):
    """a is to b as c is to ...?"""
    try:
        print(f"{a} is to {b} as {c} is to {vectors.analogy(a, b, c, words, glove)}")
    except KeyError as error:
        print(error.args[0])


analogy()
analogy("france", "paris", "italy")
analogy("good", "better", "bad")
analogy("big", "bigger", "small")

# %%
_ = interact(analogy, a=Text("man"), b=Text("king"), c=Text("woman"))

# %%
right = [vectors.analogy(a, b, c, words, glove) == d for a, b, c, d in vectors.ANALOGIES]
print(f"{sum(right)} of {len(right)} analogies; a guess would be right once in {len(words):,}")
print("missed:", [line for line, hit in zip(vectors.ANALOGIES, right, strict=True) if not hit][:3])

# %% [markdown]
# Fifty numbers cannot be drawn, two can. We keep the two directions in which these words differ most
# (their *principal components*):

# %%
groups = {
    "animals": ["dog", "horse", "cow", "sheep"],
    "countries": ["france", "japan", "egypt", "canada", "russia"],
    "cities": ["paris", "tokyo", "cairo", "toronto", "moscow"],
    "film": ["film", "theater", "dancer"],
}
members = [word for group in groups.values() for word in group]
places = vectors.flatten_to_plane(glove[[words.index(word) for word in members]])
at = dict(zip(members, places.tolist(), strict=True))
plots.words(
    {name: {word: at[word] for word in group} for name, group in groups.items()},
    title="GloVe, two of fifty dimensions",
)

# %% [markdown]
# Nobody told it what a country is. This is transfer learning for words: take the table, go on from there.
#
# ## A first reader: the bag of embeddings
#
# Do people like the film? We keep the reviews that they rated clearly, beyond +1 or -1. The model: look up
# every word, take the mean, and weigh its numbers with one linear layer.

# %%
show_source(bag.Bag)
settings = bag.Config()
train, validation = parts.train.beyond(1), parts.validation.beyond(1)
vocabulary = bag.vocabulary_of(train, settings)
x, y = bag.as_split(train, vocabulary)
print(f"{len(x):,} reviews of up to {x.shape[1]} words, {y.mean():.0%} positive")

# %%
torch.manual_seed(0)
reader = bag.Bag(len(vocabulary), settings.dim, settings.dropout)
history = plots.live(
    train_epochs(
        reader,
        (x, y),
        validation=bag.as_split(validation, vocabulary),
        **bag.fit_options(reader, len(x), settings),
    ),
    ("loss", "accuracy"),
    title="Bag of embeddings",
)

# %% [markdown]
# The vectors were made for this task, starting from nothing, so what did they learn? The linear layer gives
# each word a score of its own:

# %%
with torch.no_grad():
    score = (reader.embedding.weight @ reader.linear.weight[0]).tolist()
order = sorted(list(vocabulary)[4:1500], key=lambda word: score[vocabulary[word]])
print("most negative:", *order[:12])
print("most positive:", *order[:-13:-1])

# %% [markdown]
# **Your bet:** will GloVe's vectors, learned from billions of words, do better in the bag than these, learned
# from a few thousand sentences? (GloVe's stay as they are; only the linear layer learns.)

# %%
their_vocabulary, theirs = bag.glove_bag(settings)
their_data = bag.as_split(train, their_vocabulary)
for _history in train_epochs(theirs, their_data, **bag.fit_options(theirs, len(x), settings)):
    pass
accuracy = {
    name: evaluate(model, bag.as_split(validation, ids), metrics={"accuracy": count_correct})[
        "accuracy"
    ]
    for name, model, ids in (
        ("learned here", reader, vocabulary),
        ("GloVe's, frozen", theirs, their_vocabulary),
    )
}
plots.bars(accuracy, line=(0.5, "about chance"), ylabel="accuracy, validation", title="Two bags")

# %%
for word, opposite in (("good", "bad"), ("love", "hate"), ("boring", "funny"), ("best", "worst")):
    found = [other for other, _ in vectors.neighbours(word, words, glove, len(words))]
    print(
        f"{opposite:6} is neighbour {found.index(opposite) + 1:4} of {word:7} ({len(found):,} words)"
    )

# %% [markdown]
# Part of the reason: opposites keep the same company, *a ... film*, so GloVe has them closer together than
# most other words. For our question they should be far apart, and the bag's own vectors were free to
# move. What others trained is a start, not an answer: it has to fit the task, or be trained further.
#
# ### The test, once
#
# All choices are made. One refit on training and validation reviews together, and one look at the test:

# %%
known = parts.development.beyond(1)
vocabulary = bag.vocabulary_of(known, settings)
torch.manual_seed(0)
reader = bag.Bag(len(vocabulary), settings.dim, settings.dropout)
for _history in train_epochs(
    reader, bag.as_split(known, vocabulary), **bag.fit_options(reader, len(known), settings)
):
    pass
test = bag.as_split(parts.test.beyond(1), vocabulary)
result = evaluate(reader, test, metrics={"accuracy": count_correct})
print(f"{result.sums['accuracy']:.0f} of {result.total} test reviews right")

# %% [markdown]
# About four out of five, with the simplest model there is: the baseline that {lesson:recurrent} has to beat. Try it:


# %%
def judge(text="A charming film with a terrible ending"):
    """What the bag thinks of a sentence."""
    ids, _ = pipeline.batch_of([text], vocabulary)
    with torch.no_grad():
        positive = reader.eval()(ids).sigmoid().item()
    print(f"{positive:6.1%} positive: {text[:60]!r}")


for text in (
    "A charming film",
    "Dull and lifeless",
    "",
    "xqzv wfft",
    "good " * 10_000,
    "\U0001f3ac",
):
    judge(text)

# %%
_ = interact(judge, text=Text("A charming film with a terrible ending"))

# %% [markdown]
# An empty text, unknown words, ten thousand words: an answer, if not always a wise one, and never NaN. But
# now look at these:

# %%
judge("it is not bad , it is good")
judge("it is not good , it is bad")
shuffled = sentence.split()
random.Random(0).shuffle(shuffled)
print("shuffled:", " ".join(shuffled))
moved = bag.shuffle_words(test.x, seed=0)
with torch.no_grad():
    print(
        f"largest change of a logit when all words are shuffled: "
        f"{(reader(test.x) - reader(moved)).abs().max():.6f}"
    )

# %% [markdown]
# The same words, so the same answer. A bag has no order. To read a sentence, a network must go through it
# word by word, and remember.
#
# ## Recap
#
# - String, tokens, ids, vectors, padded batch with a mask: the way of every text into a network.
# - A vocabulary comes from training texts; `<pad>`, `<unk>`, `<sos>`, `<eos>` are special. Pieces of words
#   (byte pairs) leave nothing unknown.
# - One-hot is large and blind: all words are equally far apart. An embedding is one-hot times a table,
#   done by looking up.
# - Words that keep the same company get similar vectors: skip-gram learns them from plain text.
# - A bag of embeddings is a strong, simple baseline, and blind to the order of words.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A vocabulary has 30,000 words, an embedding 100 numbers. How many numbers does the layer learn, and
# how many of them can change when it sees a sentence of 12 different words?
#
# <details><summary>Answer</summary>
#
# $30{,}000 \cdot 100 = 3$ million. Only the 12 rows that were looked up get a gradient: 1,200 numbers.
# </details>
#
# **2.** Why is the vocabulary made from the training texts alone?
#
# <details><summary>Answer</summary>
#
# It is part of the model. Made with the test's words too, no test word would be unknown, and the test would
# no longer say how the model does on new text.
# </details>
#
# **3.** Skip-gram without negatives: what would the vectors become?
#
# <details><summary>Answer</summary>
#
# All could point the same way and grow: every pair would get a high score, and the loss would go to 0 with
# nothing learned. The negatives forbid it.
# </details>
#
# **Next:** {Lesson:recurrent} reads word by word, and remembers.
