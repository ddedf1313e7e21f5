"""The one training loop: the same as the loop written by hand, exact averages, no hidden state."""

import functools
import math
import sys
import types

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from workshop.core.data import Split
from workshop.core.training import (
    CHECK_EVERY,
    Diverged,
    History,
    Scores,
    count_correct,
    evaluate,
    fit,
    train_epochs,
)

CE = nn.CrossEntropyLoss()


def blobs(count=23, *, seed=1):
    """Points x (count, 3) of two classes, with labels y (count,)."""
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(count) % 2
    return torch.randn(count, 3, generator=g) + 2 * y[:, None], y


def small(seed=5):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(3, 2), nn.Linear(1, 2)

    def forward(self, a, b):
        return self.left(a) + self.right(b)


def sgd(model, lr=0.2):
    return torch.optim.SGD(model.parameters(), lr=lr)


def assert_same_weights(a, b):
    for mine, other in zip(a.parameters(), b.parameters(), strict=True):
        assert torch.equal(mine, other)


def by_hand(model, tensors, *, epochs, batch_size, seed=0, lr=0.2, schedule=None, every="step"):
    """The loop as it stands in every textbook, with the mean loss of each epoch."""
    optimizer = sgd(model, lr)
    schedule = schedule and schedule(optimizer)
    order = torch.Generator().manual_seed(seed)
    *xs, y = tensors
    history, rates = [], []
    for _ in range(epochs):
        total, right = 0.0, 0
        batches = [torch.arange(len(y))]
        if batch_size is not None:
            batches = torch.randperm(len(y), generator=order).split(batch_size)
        for rows in batches:
            logits = model(*(x[rows] for x in xs))
            loss = CE(logits, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule and every == "step":
                schedule.step()
            total += loss.item() * len(rows)
            right += (logits.argmax(dim=1) == y[rows]).sum().item()
        rates.append(optimizer.param_groups[0]["lr"])
        if schedule and every == "epoch":
            schedule.step()
        history.append((total / len(y), right / len(y)))
    return history, rates


# --- the same as by hand -------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 1, 5, 23, 100])
def test_fit_is_the_loop_written_by_hand_bit_for_bit(batch_size):
    x, y = blobs()
    ours, theirs = small(), small()
    expected, _ = by_hand(theirs, (x, y), epochs=4, batch_size=batch_size, seed=3)
    history = fit(
        ours,
        (x, y),
        loss_fn=CE,
        optimizer=sgd(ours),
        epochs=4,
        batch_size=batch_size,
        seed=3,
        metrics={"accuracy": count_correct},
    )
    assert_same_weights(ours, theirs)
    assert history["accuracy"] == [right for _, right in expected]
    assert history["loss"] == pytest.approx([loss for loss, _ in expected], rel=1e-12)
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["lr"] == [0.2] * 4
    assert len(history) == 4


@pytest.mark.parametrize("every", ["step", "epoch"])
def test_a_schedule_steps_after_each_update_or_each_epoch(every):
    def halve(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    x, y = blobs(20)
    ours, theirs = small(), small()
    _, rates = by_hand(theirs, (x, y), epochs=3, batch_size=8, schedule=halve, every=every)
    optimizer = sgd(ours)
    history = fit(
        ours,
        (x, y),
        loss_fn=CE,
        optimizer=optimizer,
        epochs=3,
        batch_size=8,
        schedule=halve(optimizer),
        schedule_every=every,
    )
    assert_same_weights(ours, theirs)
    assert history["lr"] == rates
    # 3 epochs of 3 updates, halved after every second one or every second epoch
    last = {"step": 0.2 * 0.5**4, "epoch": 0.2 * 0.5}[every]
    assert optimizer.param_groups[0]["lr"] == pytest.approx(last)


def test_a_model_of_two_inputs_gets_matching_rows_of_both():
    x, y = blobs()
    parts = (x, x[:, :1] * 2, y)
    torch.manual_seed(7)
    ours = TwoInputs()
    theirs = TwoInputs()
    theirs.load_state_dict(ours.state_dict())
    by_hand(theirs, parts, epochs=3, batch_size=4)
    fit(ours, parts, loss_fn=CE, optimizer=sgd(ours), epochs=3, batch_size=4)
    assert_same_weights(ours, theirs)
    assert evaluate(ours, parts, loss_fn=CE)["loss"] == pytest.approx(
        CE(theirs(*parts[:2]), y).item(), rel=1e-6
    )


def test_a_dataloader_of_the_same_batches_trains_the_same_model():
    x, y = blobs()
    ours, theirs = small(), small()
    loader = DataLoader(TensorDataset(x, y), batch_size=6)
    history = fit(ours, loader, loss_fn=CE, optimizer=sgd(ours), epochs=3, validation=loader)
    optimizer = sgd(theirs)
    for epoch in range(3):
        total = 0.0
        for start in range(0, len(y), 6):
            loss = CE(theirs(x[start : start + 6]), y[start : start + 6])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y[start : start + 6])
        assert history["loss"][epoch] == pytest.approx(total / len(y), rel=1e-12)
    assert_same_weights(ours, theirs)
    assert history["val_loss"][-1] == pytest.approx(CE(theirs(x), y).item(), rel=1e-6)


def test_a_split_is_taken_as_it_is():
    x, y = blobs()
    a, b = small(), small()
    fit(a, Split(x, y), loss_fn=CE, optimizer=sgd(a), epochs=1, batch_size=8)
    fit(b, (x, y), loss_fn=CE, optimizer=sgd(b), epochs=1, batch_size=8)
    assert_same_weights(a, b)


# --- averages over examples ----------------------------------------------------------------------


class Echo(nn.Module):
    """Returns its input, whatever its one weight is."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x + 0 * self.w


def mean_output(outputs, y):
    return outputs.mean()


def test_seven_examples_in_batches_of_four_average_over_seven():
    x = torch.tensor([1.0, 2, 4, 8, 16, 32, 64])
    model = Echo()
    history = fit(
        model,
        (x, x),
        loss_fn=mean_output,
        optimizer=sgd(model),
        epochs=3,
        batch_size=4,
        metrics={"doubled": lambda outputs, y: (2 * outputs).sum()},
        validation=(x[:3], x[:3]),
    )
    # The mean of the two batch means would be another number, and depend on the order.
    assert history["loss"] == pytest.approx([127 / 7] * 3, rel=1e-7)
    assert history["doubled"] == pytest.approx([254 / 7] * 3, rel=1e-6)
    assert history["val_loss"] == pytest.approx([7 / 3] * 3, rel=1e-7)
    assert history["val_doubled"] == pytest.approx([14 / 3] * 3, rel=1e-7)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 7, 1024])
def test_evaluate_averages_over_examples_for_any_batch_size(batch_size):
    x = torch.tensor([1.0, 2, 4, 8, 16, 32, 64])
    scores = evaluate(
        Echo(),
        (x, x),
        loss_fn=mean_output,
        batch_size=batch_size,
        metrics={"big": lambda outputs, y: (outputs > 5).sum()},
    )
    assert scores["loss"] == pytest.approx(127 / 7, rel=1e-7)
    assert scores.sums["big"] == 4
    assert type(scores.sums["big"]) is int
    assert scores.total == 7
    assert scores["big"] == 4 / 7


def test_metrics_may_return_plain_numbers():
    x = torch.arange(7.0)
    model = Echo()
    history = fit(
        model,
        (x, x),
        loss_fn=mean_output,
        optimizer=sgd(model),
        epochs=1,
        batch_size=4,
        metrics={"count": lambda outputs, y: len(y)},
        validation=(x, x),
    )
    assert history["count"] == history["val_count"] == [1.0]


def test_measured_keeps_exact_counts_and_may_be_renamed():
    scores = Scores(7, {"accuracy": 6, "loss": 3.5})
    measured = scores.measured("accuracy")
    assert (measured.name, measured.correct, measured.total) == ("accuracy", 6, 7)
    assert measured.value == 6 / 7
    loss = scores.measured("loss", "test_loss")
    assert (loss.name, loss.value, loss.correct, loss.total) == ("test_loss", 0.5, None, None)
    with pytest.raises(KeyError, match=r"no score 'acuracy'.*Did you mean 'accuracy'"):
        scores["acuracy"]


def test_the_history_names_its_columns():
    history = History([{"epoch": 1, "loss": 2.0, "val_loss": 3.0}])
    assert history["val_loss"] == [3.0]
    with pytest.raises(KeyError, match=r"no column 'vall_loss'.*Did you mean 'val_loss'"):
        history["vall_loss"]
    with pytest.raises(KeyError, match="no column"):
        History()["loss"]


@pytest.mark.parametrize(
    ("logits", "y", "right"),
    [
        (torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0]]), torch.tensor([0, 1, 1]), 2),
        (torch.tensor([-1.0, 2.0, 0.5, 0.0]), torch.tensor([0, 1, 0, 0]), 3),
        (torch.tensor([[-1.0], [2.0]]), torch.tensor([[1.0], [1.0]]), 1),
        (torch.tensor([[1.0, -1.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]), 3),
        (torch.zeros(2, 3, 4), torch.tensor([[0, 0, 1, 0], [2, 0, 0, 0]]), 6),
    ],
    ids=["classes", "binary", "binary column", "multi-label", "a class per step"],
)
def test_count_correct(logits, y, right):
    assert count_correct(logits, y).item() == right


@pytest.mark.parametrize(
    ("logits", "y"),
    [((4, 1, 2), (4,)), ((4,), (3,)), ((3, 2), (4,)), ((4, 1), (1, 4))],
)
def test_count_correct_refuses_shapes_that_do_not_fit(logits, y):
    with pytest.raises(ValueError, match="expected"):
        count_correct(torch.zeros(logits), torch.zeros(y))


# --- evaluation leaves no trace ------------------------------------------------------------------


def test_evaluation_leaves_gradients_modes_and_statistics_alone():
    x, y = blobs()
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    model[1].eval()  # frozen on purpose, while the rest trains
    CE(model(x), y).backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    buffers = [b.clone() for b in model.buffers()]
    a = evaluate(model, (x, y), loss_fn=CE, metrics={"accuracy": count_correct})
    b = evaluate(model, (x, y), loss_fn=CE, metrics={"accuracy": count_correct}, batch_size=3)
    assert a["accuracy"] == b["accuracy"]  # no dropout while evaluating
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-6)
    assert [m.training for m in model] == [True, False, True, True]
    assert model.training
    for now, before in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(now.grad, before)
    for now, before in zip(model.buffers(), buffers, strict=True):
        assert torch.equal(now, before)


def test_the_mode_comes_back_even_if_evaluation_fails():
    model = nn.Sequential(nn.Linear(3, 2)).train()
    with pytest.raises(RuntimeError):
        evaluate(model, (torch.zeros(4, 5), torch.zeros(4)))
    assert model.training


def test_training_and_validation_set_the_model_s_mode():
    seen = []

    class Spy(nn.Linear):
        def forward(self, x):
            seen.append(self.training)
            return super().forward(x)

    model = Spy(3, 2).eval()  # as an evaluation before may have left it
    data = blobs()
    fit(model, data, loss_fn=CE, optimizer=sgd(model), epochs=2, validation=data)
    assert seen == [True, False] * 2


# --- divergence ----------------------------------------------------------------------------------


def test_divergence_stops_with_the_good_epochs_and_advice():
    x, y = torch.arange(1.0, 9)[:, None], torch.arange(8.0)[:, None]
    model = nn.Linear(1, 1)
    with pytest.raises(Diverged, match="with learning rate 3") as stop:
        fit(model, (x, y), loss_fn=nn.MSELoss(), optimizer=sgd(model, 3.0), epochs=200)
    message = str(stop.value)
    assert "at update 1 of epoch" in message
    assert "try a tenth of it" in message
    assert "x.isfinite().all()" in message
    rows = stop.value.history.rows
    assert rows
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert f"of epoch {len(rows) + 1}," in message


def test_divergence_is_noticed_in_the_middle_of_a_long_epoch():
    calls = 0

    def loss_fn(outputs, y):
        nonlocal calls
        calls += 1
        return outputs.mean() if calls < 60 else outputs.mean() * float("nan")

    x = torch.ones(1000)
    model = Echo()
    with pytest.raises(Diverged, match="became nan at update 60 of epoch 1") as stop:
        fit(model, (x, x), loss_fn=loss_fn, optimizer=sgd(model), epochs=1, batch_size=1)
    assert calls == 2 * CHECK_EVERY
    assert len(stop.value.history) == 0


def test_one_infinite_loss_that_passes_is_still_a_divergence():
    x = torch.tensor([1.0, float("inf"), 1.0])
    model = Echo()
    with pytest.raises(Diverged, match="became inf at update"):
        fit(
            model,
            (x, x),
            loss_fn=lambda o, y: (o.detach() + model.w).mean(),
            optimizer=sgd(model),
            epochs=1,
            batch_size=1,
        )


# --- no hidden state -----------------------------------------------------------------------------


def test_stopping_early_leaves_a_usable_model():
    x, y = blobs()
    a, b = small(), small()
    for history in train_epochs(a, (x, y), loss_fn=CE, optimizer=sgd(a), epochs=50, batch_size=4):
        if len(history) == 2:
            break
    fit(b, (x, y), loss_fn=CE, optimizer=sgd(b), epochs=2, batch_size=4)
    assert len(history) == 2
    assert_same_weights(a, b)
    assert evaluate(a, (x, y), loss_fn=CE)["loss"] == evaluate(b, (x, y), loss_fn=CE)["loss"]


def test_the_order_comes_from_the_seed_alone():
    x, y = blobs()
    models = []
    for seed, noise in ((3, 0), (3, 99), (4, 0)):
        torch.manual_seed(noise)
        models.append(small())
        fit(
            models[-1],
            (x, y),
            loss_fn=CE,
            optimizer=sgd(models[-1]),
            epochs=2,
            batch_size=4,
            seed=seed,
        )
    assert_same_weights(models[0], models[1])
    assert not torch.equal(models[0][0].weight, models[2][0].weight)


def test_every_epoch_has_its_own_order_of_all_examples():
    seen = []

    def loss_fn(outputs, y):
        seen.append(y.tolist())
        return outputs.mean()

    x = torch.arange(10.0)
    model = Echo()
    fit(model, (x, x), loss_fn=loss_fn, optimizer=sgd(model), epochs=2, batch_size=4)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    first, second = ([v for batch in part for v in batch] for part in (seen[:3], seen[3:]))
    assert sorted(first) == sorted(second) == x.tolist()
    assert first != second
    assert first != x.tolist()


def test_global_random_numbers_are_left_alone():
    model, data = small(), blobs()
    before = torch.get_rng_state()
    fit(model, data, loss_fn=CE, optimizer=sgd(model), epochs=3, batch_size=4, validation=data)
    assert torch.equal(torch.get_rng_state(), before)


def test_two_trainings_in_turns_do_not_disturb_each_other():
    x, y = blobs()
    one, other, alone = small(1), small(2), small(1)
    options = {"loss_fn": CE, "epochs": 4, "batch_size": 4}
    turns = zip(
        train_epochs(one, (x, y), optimizer=sgd(one), seed=1, **options),
        train_epochs(other, (x, y), optimizer=sgd(other), seed=2, **options),
        strict=True,
    )
    *_, (first, second) = turns
    expected = fit(alone, (x, y), optimizer=sgd(alone), seed=1, **options)
    assert_same_weights(one, alone)
    assert first.rows == expected.rows
    assert first is not second


def test_the_data_are_not_written_to():
    x, y = blobs()
    before = x.clone(), y.clone()
    model = small()
    fit(model, (x, y), loss_fn=CE, optimizer=sgd(model), epochs=2, batch_size=4)
    assert torch.equal(x, before[0])
    assert torch.equal(y, before[1])


# --- progress ------------------------------------------------------------------------------------


def train_with_bar(progress):
    model, data = small(), blobs()
    return fit(model, data, loss_fn=CE, optimizer=sgd(model), epochs=3, progress=progress)


def test_a_progress_bar_goes_to_standard_error_under_its_label(capsys, monkeypatch):
    import tqdm.auto

    often = functools.partial(tqdm.auto.tqdm, mininterval=0)  # else at most ten times a second
    monkeypatch.setattr(tqdm.auto, "tqdm", often)
    history = train_with_bar("blobs of two kinds")
    out, err = capsys.readouterr()
    assert out == ""
    assert "blobs of two kinds" in err
    assert "3/3" in err
    assert f"{history['loss'][-1]:.4g}" in err


def test_without_progress_nothing_is_printed(capsys):
    train_with_bar(False)
    assert capsys.readouterr() == ("", "")


def test_in_a_kernel_without_widgets_the_bar_falls_back_to_text(capsys, monkeypatch):
    kernel = types.SimpleNamespace(
        get_ipython=lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
    )
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "tqdm.notebook", None)  # importing it fails
    for name in ("tqdm.auto", "tqdm.autonotebook"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert len(train_with_bar(True)) == 3
    assert "training" in capsys.readouterr().err


# --- wrong arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs: got 0, expected 1 or more"),
        ({"batch_size": 0}, "batch_size: got 0, expected 1 or more"),
        ({"schedule_every": "batch"}, "schedule_every: got 'batch', expected 'step' or 'epoch'"),
        ({"train": (torch.zeros(3, 3),)}, "expected tensors"),
        ({"train": torch.zeros(3, 3)}, "expected tensors"),
        ({"train": (torch.zeros(3, 3), [0, 1, 0])}, r"got \(Tensor, list\), expected tensors"),
        ({"train": (torch.zeros(3, 3), torch.zeros(2))}, r"got shapes \(3, 3\), \(2,\)"),
        ({"train": (torch.zeros(0, 3), torch.zeros(0))}, "N > 0"),
        ({"train": (torch.zeros(3, 3), torch.tensor(1.0))}, "expected one first dimension"),
    ],
)
def test_wrong_arguments_are_told_what_was_expected(change, message):
    model = small()
    options = {"train": blobs(), "loss_fn": CE, "optimizer": sgd(model), "epochs": 1} | change
    with pytest.raises(ValueError, match=message):
        fit(model, **options)


def test_a_dataloader_has_its_own_batch_size():
    model = small()
    loader = DataLoader(TensorDataset(*blobs()), batch_size=4)
    with pytest.raises(ValueError, match="a DataLoader has one of its own"):
        fit(model, loader, loss_fn=CE, optimizer=sgd(model), epochs=1, batch_size=4)


@pytest.mark.parametrize("data", [torch.zeros(3, 3), (torch.zeros(3, 3), torch.zeros(2))])
def test_evaluate_refuses_what_is_no_data(data):
    with pytest.raises(ValueError, match="data: got"):
        evaluate(small(), data)


def test_an_unknown_argument_is_refused_before_training():
    model = small()
    with pytest.raises(TypeError, match="batchsize"):
        fit(model, blobs(), loss_fn=CE, optimizer=sgd(model), epochs=1, batchsize=4)


def test_data_are_moved_to_the_model_s_device():
    """On the 'meta' device nothing is computed; without the move torch refuses to mix devices."""
    model = nn.Linear(3, 2).to("meta")
    outputs = []

    def loss_fn(logits, y):
        outputs.append((logits.device.type, y.device.type))
        raise StopIteration

    with pytest.raises(RuntimeError):
        fit(model, blobs(), loss_fn=loss_fn, optimizer=sgd(model), epochs=1)
    assert outputs == [("meta", "meta")]
