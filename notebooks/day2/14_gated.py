# %% [markdown]
# # Gates that remember
#
# *About 60 minutes.* A recurrent network reads a sequence step by step and carries a state along. Ask it
# at the end what it read at the beginning, and a plain one no longer knows. At the end you can
#
# - show why a plain recurrent cell forgets: its gradient fades on the way back through time;
# - write a **gate**, and out of gates a **GRU** and an **LSTM**, equal to torch's weight for weight;
# - give a gate a long memory before it has learned anything;
# - say what these cells cost, in weights and in time.

# %%
# %matplotlib inline
import torch
from ipywidgets import FloatSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.training import count_correct, evaluate, fit
from workshop.day2.gated import by_hand, cost, figures as diagram, memory, small
from workshop.exercises import answer, check, hint

before = torch.get_num_threads()
torch.set_num_threads(1)  # the steps of these cells are small: one thread is fastest

# %% [markdown]
# ## The plain cell forgets
#
# First the cell without gates. Its new state is made of the input and the old state, through one layer
# with a bend:
#
# $$a^{<t>} = \tanh(W_{aa}\, a^{<t-1>} + W_{ax}\, x^{<t>} + b_a)$$

# %%
show_source(by_hand.rnn_step)

# %%
cell, x, a = nn.RNNCell(8, 32), torch.randn(5, 8), torch.randn(5, 32)
ours = by_hand.rnn_step(x, a, *by_hand.Weights.of(cell))
print("equal to nn.RNNCell:", torch.allclose(ours, cell(x, a), atol=1e-6))

# %% [markdown]
# *Where the book differs:* it has one bias, torch has two. They are added up, so one would do.
#
# Now a task that needs nothing but memory. A hundred tokens of eight kinds, drawn at random, go by one
# after the other. After the last one comes the question: **what was the first?**

# %%
length = 100
train = memory.first_token(4000, length, seed=0)
test = memory.first_token(1000, length, seed=1)
plots.images(
    train.x[:3].transpose(1, 2),
    columns=1,
    titles=[f"which token came first? answer: {y}" for y in train.y[:3].tolist()],
    title="Three sequences: time runs to the right, one row for each token",
)

# %% [markdown]
# A cell of 32 units walks along, and a linear layer reads the answer off its last state. Guessing gets 1
# of 8 right. **Your bet** for the plain cell?


# %%
def learn(kind, *, long=False, length=length, epochs=12, train=train):
    """A new cell and its training, which `plots.live` can watch."""
    model = memory.build(kind, long=long, length=length)
    return model, memory.train(model, train, epochs=epochs, lr=0.02, batch_size=128)


def score(model, test=test):
    return evaluate(model, test, metrics={"accuracy": count_correct})["accuracy"]


models = {}
models["plain"], run = learn("rnn")
_ = plots.live(run, ("loss", "accuracy"), title="The plain cell")
print(f"right on {score(models['plain']):.3f} of 1,000 new sequences; guessing: {1 / 8}")

# %% [markdown]
# Whatever it has picked up, it does not know what came first. To learn what to keep from step 1, the loss at
# the end has to tell step 1 so, by its gradient, which comes back through every step in between. Each step
# multiplies it by $W_{aa}$ and by the slope of a tanh. Here is what arrives, before any training:

# %%
steps = torch.arange(1, length + 1)
fresh = memory.build("rnn")
fades = memory.gradient_through_time(fresh, test.x[:50])
plots.functions(
    steps,
    {"plain cell": fades.log10().clamp(min=-45)},
    xlabel="step",
    ylabel="size of the gradient, powers of ten",
    title="How much the answer depends on each step (the last one: 1)",
)

# %% [markdown]
# Going back in time, the gradient loses the same factor again and again, until nothing is left. It is the
# vanishing gradient of {lesson:design}: unrolled over 100 steps, this is a network with 100 layers. There, a way
# past the layers helped. Here it will be a way past the steps.
#
# ## A gate
#
# What if a unit could *decide* whether to keep its memory or to write something new? A **gate** is a number
# between 0, shut, and 1, open, by which something is multiplied. It is worked out by a small layer of its
# own, from the input and the state, so it is learned like everything else:
#
# $$\Gamma = \sigma(W_a\, a^{<t-1>} + W_x\, x^{<t>} + b)$$
#
# **Exercise 1.** Write it, so that gradients flow. (Every gate of this lesson is this formula with other
# weights.)


# %% exercise="gate"
def gate(x, a, w_x, w_a, b):
    """x (B, n), a (B, h), w_x (h, n), w_a (h, h), b (h,) -> the gates (B, h)."""
    raise NotImplementedError("write gate, then run this cell")


# hint(gate)
check(gate)

# %% [markdown]
# A memory that keeps the share $s$ of itself at every step: how long does it last? Move the bias that
# makes the gate, $s = \sigma(b)$:


# %%
def lasting(bias):
    keep = torch.sigmoid(torch.tensor(bias))
    left = keep ** torch.arange(200)
    return plots.functions(
        torch.arange(200),
        {"what is left": left, "1/e": torch.full((200,), 1 / torch.e)},
        xlabel="steps later",
        ylabel="share of the memory",
        title=f"bias {bias:.1f}: the gate is {keep:.3f}, the memory lasts {1 / (1 - keep):.0f} steps",
    )


lasting(3.0)

# %%
_ = interact(lasting, bias=FloatSlider(0.0, min=-2, max=6, step=0.5))

# %% [markdown]
# A gate with bias 0, which is about where torch begins, forgets half at every step. To last for $T$ steps,
# roughly until $1/e$ (a good third) is left, it has to keep $s = 1 - 1/T$.
#
# **Exercise 2.** Which bias does that? Undo the sigmoid, with torch's functions, so that a gradient flows.


# %% exercise="memory_bias"
def memory_bias(span):
    """The steps that each memory should last, (h,), more than 1 -> the biases (h,)."""
    raise NotImplementedError("write memory_bias, then run this cell")


# hint(memory_bias)
check(memory_bias)

# %%
for span in (2.0, 10.0, 100.0, 1000.0):
    bias = by_hand.memory_bias(torch.tensor(span))
    print(f"{span:6.0f} steps: bias {bias:5.2f}, the gate keeps {bias.sigmoid():.4f} each step")

# %% [markdown]
# ## The gated recurrent unit
#
# The **GRU** has two gates. Follow the thick line, the memory, from left to right:

# %%
diagram.cell("gru")

# %% [markdown]
# - A **reset gate** decides how much of the memory goes into the candidate:
#   $\Gamma_r = \sigma(W_{ra}\, a^{<t-1>} + W_{rx}\, x^{<t>} + b_r)$.
# - The **candidate** is what a plain cell would have made its state:
#   $\tilde c^{<t>} = \tanh(W_{cc}(\Gamma_r * c^{<t-1>}) + W_{cx}\, x^{<t>} + b_c)$.
# - An **update gate** decides how much of it is written:
#   $\Gamma_u = \sigma(W_{ua}\, a^{<t-1>} + W_{ux}\, x^{<t>} + b_u)$.
# - Old and new are mixed: $c^{<t>} = \Gamma_u * \tilde c^{<t>} + (1 - \Gamma_u) * c^{<t-1>}$.
# - And the memory is the state: $a^{<t>} = c^{<t>}$.
#
# The star multiplies number by number. With $\Gamma_u$ near 0, the memory goes on as it was, and so does the
# gradient on its way back: no matrix and no bend is in between.

# %%
show_source(by_hand.gru_step_book)

# %% [markdown]
# `torch` turns two things round. Its gate $z$ says what to *keep*, so $z = 1 - \Gamma_u$. And its reset
# gate comes *after* the matrix and its bias: $\tanh(W x + b + r * (W_{cc}\, a + b_{cc}))$, which is why
# here, for once, the second bias does something of its own. The three matrices lie below one another, in
# the order $r$, $z$, candidate.
#
# **Exercise 3.** One step of torch's GRU, by hand, without `nn.GRUCell`; gradients must flow.
# `.chunk(3, dim=1)` cuts a tensor into three.


# %% exercise="gru_step"
def gru_step(x, a, w_ih, w_hh, b_ih, b_hh):
    """x (B, n), a (B, h), w_ih (3 h, n), w_hh (3 h, h), b_ih and b_hh (3 h,) -> the new a (B, h)."""
    raise NotImplementedError("write gru_step, then run this cell")


# hint(gru_step)
check(gru_step)

# %%
cell, x, a = nn.GRUCell(8, 32), torch.randn(5, 8), torch.randn(5, 32)
weights = by_hand.Weights.of(cell)
print(
    "equal to nn.GRUCell:",
    torch.allclose(by_hand.gru_step(x, a, *weights), cell(x, a), atol=1e-6),
)

# z = 1 - G_u, and sigmoid(-v) = 1 - sigmoid(v): with the sign of the update gate's rows (the second
# third) turned, the two forms differ by the reset alone.
turned = by_hand.Weights(
    *(
        w * torch.tensor([1.0, -1.0, 1.0]).repeat_interleave(32).view(-1, *[1] * (w.ndim - 1))
        for w in weights
    )
)
book = by_hand.gru_step_book(x, a, *turned)
print(f"the book's form, same weights: up to {(book - cell(x, a)).abs().max():.3f} away")
zero = torch.zeros(5, 32)  # without a memory, there is nothing to reset but a bias
no_bias = turned._replace(b_hh=torch.zeros(96), b_ih=turned.b_ih)
again = by_hand.Weights(weights.w_ih, weights.w_hh, weights.b_ih, torch.zeros(96))
same = torch.allclose(
    by_hand.gru_step_book(x, zero, *no_bias), by_hand.gru_step(x, zero, *again), atol=1e-6
)
print("both the same when there is nothing to reset:", same)

# %% [markdown]
# *Where the book differs:* both forms are in use, and a network learns with either; weights trained with
# one do not fit the other. In the book's equation for the candidate, the name of the bend is lost (it is a
# tanh), and $W_{cx}$ is printed as $W_{ax}$.
#
# ## Long short-term memory
#
# The **LSTM** is older (Hochreiter and Schmidhuber 1997, its forget gate by Gers and others 2000; the GRU
# is from 2014, by Cho and others) and has a memory $c$ *and* a state $a$:

# %%
diagram.cell("lstm")

# %% [markdown]
# - A **forget gate**, $\Gamma_f = \sigma(W_{fa}\, a^{<t-1>} + W_{fx}\, x^{<t>} + b_f)$, keeps what is old.
# - An **update gate**, $\Gamma_u = \sigma(W_{ua}\, a^{<t-1>} + W_{ux}\, x^{<t>} + b_u)$, writes what is
#   new, the **candidate** $\tilde c^{<t>} = \tanh(W_{ca}\, a^{<t-1>} + W_{cx}\, x^{<t>} + b_c)$.
# - Together: $c^{<t>} = \Gamma_u * \tilde c^{<t>} + \Gamma_f * c^{<t-1>}$. A GRU has to forget in order to
#   write; an LSTM may do both, or neither.
# - An **output gate**, $\Gamma_o = \sigma(W_{oa}\, a^{<t-1>} + W_{ox}\, x^{<t>} + b_o)$, decides what the
#   rest of the network gets to see: $a^{<t>} = \Gamma_o * \tanh(c^{<t>})$.
#
# *Where the book differs:* it counts four gates, a reset gate among them. There are three, and a candidate;
# the reset gate belongs to the GRU.
#
# **Exercise 4.** One step of an LSTM, by hand, without `nn.LSTMCell`; gradients must flow. The order in
# torch: update (it says *input*), forget, candidate, output. `b_ih` and `b_hh` are both added.


# %% exercise="lstm_step"
def lstm_step(x, a, c, w_ih, w_hh, b_ih, b_hh):
    """x (B, n), a and c (B, h), weights as before, four times h rows -> the new a, the new c."""
    raise NotImplementedError("write lstm_step, then run this cell")


# hint(lstm_step)
check(lstm_step)

# %%
cell, c = nn.LSTMCell(8, 32), torch.randn(5, 32)
ours, theirs = by_hand.lstm_step(x, a, c, *by_hand.Weights.of(cell)), cell(x, (a, c))
for name, one, other in zip(("state a", "memory c"), ours, theirs, strict=True):
    print(f"{name}: equal to nn.LSTMCell: {torch.allclose(one, other, atol=1e-6)}")

# %% [markdown]
# ## What was the first token?
#
# The same task, the same training, now with gates. **Your bet** for the GRU?

# %%
models["GRU"], run = learn("gru", epochs=6)
_ = plots.live(run, ("loss", "accuracy"), title="GRU, biases as torch gives them")
print(f"right on {score(models['GRU']):.3f} of 1,000 new sequences")

# %% [markdown]
# Gates alone do not do it: they *can* remember, but these begin by forgetting half at every step, and what
# is forgotten sends back no gradient from which to learn better. (The loss may go down on the training
# sequences all the same. Then they are being learned by heart.) So begin with gates that keep, by the
# bias of exercise 2:

# %%
show_source(memory.remember_long)

# %%
models["GRU, long"], run = learn("gru", long=True)
_ = plots.live(run, ("loss", "accuracy"), title="GRU, a long memory to begin with")
print(f"right on {score(models['GRU, long']):.3f} of 1,000 new sequences")

# %%
models["LSTM, long"], run = learn("lstm", long=True)
_ = plots.live(run, ("loss", "accuracy"), title="LSTM, a long memory to begin with")
print(f"right on {score(models['LSTM, long']):.3f} of 1,000 new sequences")

# %%
models["LSTM"], run = learn("lstm")
for _ in run:
    pass
names = ("plain", "GRU", "LSTM", "GRU, long", "LSTM, long")
plots.bars(
    {name.replace(", ", ",\n"): score(models[name]) for name in names},
    title="The first of 100 tokens, new sequences",
    ylabel="accuracy",
    line=(1 / 8, "guessing"),
)

# %% [markdown]
# Nothing in these networks is new but a handful of biases. What they change is the way back:

# %%
kinds = {
    "plain": ("rnn", False),
    "GRU": ("gru", False),
    "LSTM": ("lstm", False),
    "GRU, long": ("gru", True),
    "LSTM, long": ("lstm", True),
}
faded = {
    name: memory.gradient_through_time(memory.build(kind, long=long), test.x[:50])
    for name, (kind, long) in kinds.items()
}
plots.functions(
    steps,
    {name: size.log10().clamp(min=-45) for name, size in faded.items()},
    xlabel="step",
    ylabel="size of the gradient, powers of ten",
    title="Before training: how much the answer depends on each step",
)

# %% [markdown]
# ### Shorter, longer, and who remembers longest
#
# And 50 tokens, and 200? For 200 there is a trick that helps with many hard tasks: begin with an easier one.
# Gates with a memory of 200 steps learn on sequences of 50 what matters, and then need very little more.

# %%
parts = {
    T: [memory.first_token(n, T, seed=s) for n, s in ((4000, 10), (1000, 11))] for T in (50, 200)
}
rows = {}
for name, kind in (("plain", "rnn"), ("GRU, long", "gru"), ("LSTM, long", "lstm")):
    model = memory.build(kind, long=kind != "rnn", length=200)
    for T, epochs in ((50, 8), (200, 4)):
        for _ in memory.train(model, parts[T][0], epochs=epochs, lr=0.02, batch_size=128):
            pass
        rows[f"{name},\n{T} tokens"] = score(model, parts[T][1])
plots.bars(
    rows, title="The first of 50 tokens, then of 200", ylabel="accuracy", line=(1 / 8, "guessing")
)

# %% [markdown]
# Often one reads that an LSTM remembers longer than a GRU. We have one of each, both trained on 100 tokens.
# Ask them about sequences much longer than any they have seen. **Your bet:** which one holds out longer?

# %%
lengths = (100, 200, 400, 800)
held = {
    name: [score(models[name], memory.first_token(500, T, seed=12)) for T in lengths]
    for name in ("GRU, long", "LSTM, long")
}
for name, scores in held.items():
    print(
        f"{name:10}",
        "  ".join(f"{T} tokens: {s:.3f}" for T, s in zip(lengths, scores, strict=True)),
    )
plots.functions(
    torch.tensor(lengths),
    held,
    xlabel="tokens",
    ylabel="accuracy",
    title="Trained on 100 tokens, asked about more",
)

# %% [markdown]
# *Where the book differs:* it says that an LSTM captures longer dependencies. One run proves nothing either
# way, and in general it has not been shown. Measure both on your task.
#
# ## What gates do
#
# A real sequence: handwritten digits, read from top to bottom, one row of 8 pixels at a time. Both cells
# learn to name the digit after the last row.

# %%
known, held_out = small.rows()
readers = {}
for kind in ("gru", "lstm"):
    torch.manual_seed(0)
    readers[kind] = memory.Reader(kind, inputs=8, hidden=32, classes=10)
    optimizer = torch.optim.Adam(readers[kind].parameters(), lr=0.01)
    fit(
        readers[kind],
        known,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=15,
        batch_size=64,
    )
    right = evaluate(readers[kind], held_out, metrics={"accuracy": count_correct})
    print(f"{kind}: {right['accuracy']:.3f} of {right.total} new digits right")

# %%
one = held_out.x[:1]
with torch.no_grad():
    gru_gates = by_hand.gates_of(readers["gru"].cell, one)
    lstm_gates = by_hand.gates_of(readers["lstm"].cell, one)
strips = {
    "GRU, reset gates": gru_gates["reset"],
    "GRU, update gates": gru_gates["update"],
    "LSTM, update gates": lstm_gates["update"],
    "LSTM, forget gates": lstm_gates["forget"],
    "LSTM, output gates": lstm_gates["output"],
}
plots.images(one, titles=[f"a {held_out.y[0].item()}"])

# %%
plots.images(
    torch.cat(list(strips.values())),
    titles=list(strips),
    columns=2,
    title="A line for each row that is read, a column for each unit: white shut, black open",
)

# %%
with torch.no_grad():
    of_gru = by_hand.gates_of(readers["gru"].cell, held_out.x)
    of_lstm = by_hand.gates_of(readers["lstm"].cell, held_out.x)
for name, values in (("GRU update", of_gru["update"]), ("LSTM forget", of_lstm["forget"])):
    between = ((values > 0.1) & (values < 0.9)).float().mean()
    print(f"{name:11}: {between:.2f} of the gates are neither below 0.1 nor above 0.9")
plots.histogram(
    {"GRU, update": of_gru["update"], "LSTM, forget": of_lstm["forget"]},
    xlabel="gate",
    title="All gates on all new digits",
)

# %% [markdown]
# *Where the book differs:* it says that most gates are close to 0 or to 1, like real gates. They can be
# anywhere in between; look at yours.
#
# ## What it costs
#
# ### Weights
#
# A gate is as large as the plain cell. **Your bet:** how many times the plain cell's weights do GRU and
# LSTM have?

# %%
plain = by_hand.count_parameters(nn.RNN(8, 32))
for name, layer in (("plain", nn.RNN(8, 32)), ("GRU", nn.GRU(8, 32)), ("LSTM", nn.LSTM(8, 32))):
    count = by_hand.count_parameters(layer)
    print(f"{name:6}{count:6,} numbers to learn, {count // plain} times the plain cell's")

# %% [markdown]
# So a GRU is a leaner LSTM, and came later. With more weights, does an LSTM learn few examples by heart
# sooner? Fifty digits, read row by row; three draws of other fifty:

# %%
measured = small.run(small.Config(), seed=0, device=torch.device("cpu"), progress=False)
for kind in memory.KINDS:
    on_seen, on_new = (measured[f"small_{kind}{end}"] for end in ("_train_accuracy", "_accuracy"))
    print(f"{kind:5} the 50 it learned from: {on_seen:.3f}   new digits: {on_new:.3f}")

# %% [markdown]
# All three have learned their fifty digits (almost) by heart and lose much on new ones: they overfit. Whether
# the largest loses most is another question: try other seeds above. The cells are much closer to each other
# than their sizes are, so regularise ({lesson:generalization}) before you blame the cell.
#
# ### Time
#
# A recurrent cell takes a sequence of any length with the same weights. But each step waits for the one
# before. A convolution ({lesson:cnn}) looks at all places at once, and so does a fully connected network,
# which needs weights for each place. One forward and backward pass over 32 sequences, timed on this machine:

# %%
sizes = (25, 50, 100, 200, 400)
times = cost.cost_by_length(sizes)
plots.functions(
    torch.tensor(sizes),
    times,
    xlabel="steps of a sequence",
    ylabel="milliseconds",
    title="One step of training",
)

# %%
for T in sizes:
    counts = {name: by_hand.count_parameters(m) for name, m in cost.contestants(T).items()}
    print(f"{T:4} steps:", ", ".join(f"{name} {count:,} weights" for name, count in counts.items()))

# %% [markdown]
# The weights of the fully connected network grow with the length; the other two read any length with the
# same. (*Where the book differs:* a recurrent network takes almost any length, it says. In memory, yes;
# but you have seen that what it remembers fades.)

# %%
torch.set_num_threads(before)

# %% [markdown]
# ## Recap
#
# - A plain cell forgets because its gradient fades on the way back, step by step.
# - A gate is a learned number between 0 and 1. With the gate for keeping open, memory and gradient pass.
# - GRU: two gates, memory and state are one. LSTM: three gates, a memory besides the state.
# - Gates must begin with a long memory, by their biases, if they are to learn to remember for long.
# - Weights: 1 : 3 : 4. And recurrent cells take their steps one by one, which is slow.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** The update gate of a GRU unit is 0 at every step, its memory begins at 0. What is its state?
#
# <details><summary>Answer</summary>
#
# Always 0: nothing is ever written. A memory that only keeps is as useless as one that only forgets.
# </details>
#
# **2.** You load the weights of a GRU trained elsewhere, and the results are nonsense. What may it be?
#
# <details><summary>Answer</summary>
#
# The other form: reset before or after the matrix, an update gate that writes or one that keeps, or the
# matrices stacked in another order. All of these have the same shapes, so nothing complains.
# </details>
#
# **3.** A forget gate keeps 0.9 at every step. About how long does the memory last?
#
# <details><summary>Answer</summary>
#
# 1 / (1 - 0.9) = 10 steps, until about 1/e of it is left. After 100 steps it is 0.00003 of what it was.
# </details>
#
# **Next:** {lesson:practice} turns to what to do when a network is not good enough yet.
