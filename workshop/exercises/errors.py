"""Errors of Python and torch, translated: what the words mean, and what to look at.

The rows are tried in order; a row speaks if the error's type, its text and the line of code fit.
Texts differ a little from release to release of torch: patterns hold what stays.
"""

from __future__ import annotations

import builtins
import math
import re
from dataclasses import dataclass

import torch
from torch import nn

from workshop.core.checks import nearest
from workshop.exercises.outcome import Error

MAX_SHOWN = 200  # characters of an error's text


@dataclass(frozen=True)
class Row:
    """One kind of error.

    Args:
        name: of the mistake, for verdicts.
        types: the exception's types, separated by spaces; '' for any.
        text: a pattern that is searched for in the error's text.
        advice: what to say; {0}, {1}, ... are the pattern's groups.
        line: a pattern that must also be found in the line of code.
    """

    name: str
    types: str
    text: str
    advice: str
    line: str = ""


ROWS = (
    # --- conditions ------------------------------------------------------------------------------
    Row(
        "class called like a function",
        "RuntimeError ValueError",
        r"Boolean value of Tensor|truth value of an array",
        "What begins with a capital letter, as nn.MSELoss does, is a class: what stands in its "
        "brackets are settings. Make an object first and call that, nn.MSELoss()(a, b), or take "
        "the function of nn.functional.",
        line=r"\bnn\.[A-Z]\w*\(\s*[^)\s]",
    ),
    Row(
        "condition on a whole tensor",
        "RuntimeError ValueError",
        r"Boolean value of Tensor|truth value of an array",
        "Python's if, while, and, or, not, max and min ask for one True or False, and here is a "
        "whole tensor of them. torch.where(condition, a, b) chooses for each element; & | ~ combine "
        "conditions element by element; .any() and .all() make one of many.",
    ),
    Row(
        "minus on True and False",
        "",
        r"[`-]-[`-] operator, (with|on) (a |two )?bool|Subtraction, the `-` operator, with",
        "True and False are not numbers to torch, so minus does not take them. Turn them into "
        "numbers first, with .long() or .float(); the opposite of a condition is ~condition.",
    ),
    Row(
        "^ is no power",
        "",
        r"not implemented for|unsupported operand type\(s\) for \^",
        "In Python ^ is no power: write x ** 2.",
        line=r"\^",
    ),
    # --- shapes ----------------------------------------------------------------------------------
    Row(
        "sizes of a matrix product",
        "RuntimeError",
        r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)",
        "In a matrix product (a, b) @ (b, c) the inner sizes must be the same: here {1} meets {2}. "
        "Which of the two has to change places with the other, or be transposed (.T)?",
    ),
    Row(
        "sizes of a matrix product",
        "RuntimeError",
        r"size mismatch, got input \((\d+)\), mat \((\d+)x(\d+)\), vec \((\d+)\)",
        "A matrix of shape ({1}, {2}) times a vector of {3}: the vector must have as many elements "
        "as the matrix has columns. Is the order right, or a .T missing?",
    ),
    Row(
        "sizes of a matrix product",
        "RuntimeError",
        r"inconsistent tensor size, expected tensor \[(\d+)\] and src \[(\d+)\]",
        "Two vectors can be multiplied and summed if they are equally long: here {0} meets {1}.",
    ),
    Row(
        "sizes of a matrix product",
        "RuntimeError",
        r"Expected size for first two dimensions of batch2 tensor to be: \[(.*?)\] but got: \[(.*?)\]",
        "In a product of batches, (B, n, m) @ (B, m, p), the sizes B and m of the two must be the "
        "same: the second should begin with ({0}) and begins with ({1}).",
    ),
    Row(
        "dimensions of a product",
        "RuntimeError",
        r"1D tensors expected|vector \+ matrix @ vector expected|must be a (matrix|2D|3D)|"
        r"need to be at least 1D|must be 2-D|expected (a )?(matrix|vector)",
        "torch.dot takes two vectors, torch.mv a matrix and a vector, torch.mm two matrices; @ "
        "takes any of these, but no single number (use * for that).",
    ),
    Row(
        "sizes do not fit",
        "RuntimeError",
        r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at "
        r"non-singleton dimension (\d+)",
        "Element by element the sizes must be the same, or 1: with the shapes written one under "
        "the other, lined up at their right ends, {0} meets {1} in dimension {2}. Is a dimension "
        "missing ([:, None] adds one), or a .T?",
    ),
    Row(
        "sizes do not fit",
        "RuntimeError ValueError",
        r"[Ee]xpanded size of the tensor|cannot be broadcast|doesn't match the broadcast shape|"
        r"operands could not be broadcast|shapes? mismatch|not broadcastable|"
        r"input and target shapes do not match|size \(.*\) that is different",
        "What stands on the right does not fit into the place on the left: print the .shape of "
        "both.",
    ),
    Row(
        "tensors of different sizes in a stack",
        "RuntimeError",
        r"stack expects each tensor to be equal size, but got \[(.*?)\] at entry 0 and \[(.*?)\] "
        r"at entry (\d+)",
        "torch.stack puts tensors of one shape on top of each other; number 0 in the list has "
        "shape ({0}) and number {2} has ({1}). torch.cat joins tensors end to end, whose lengths "
        "may differ.",
    ),
    Row(
        "an empty list of tensors",
        "RuntimeError ValueError",
        r"expects a non-empty TensorList|expected a non-empty list of Tensors",
        "The list is empty in this case: nothing was appended before it is joined. What is asked "
        "for when there is no step to take?",
    ),
    Row(
        "sizes do not fit in a cat",
        "RuntimeError",
        r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size "
        r"(\d+)",
        "torch.cat joins along dimension {0}; all other sizes must be the same, and here {1} meets "
        "{2}. Is dim another one?",
    ),
    Row(
        "single numbers in a cat",
        "RuntimeError",
        r"zero-dimensional tensor .* cannot be concatenated",
        "torch.cat joins tensors that have a length; torch.stack makes one of single numbers.",
    ),
    Row(
        "a shape that does not fit",
        "RuntimeError",
        r"shape '\[(.*?)\]' is invalid for input of size (\d+)",
        "A reshape keeps all elements: ({0}) does not multiply to the {1} there are. One of the "
        "sizes may be -1, which torch then computes.",
    ),
    Row(
        "view of a transposed tensor",
        "RuntimeError",
        r"view size is not compatible",
        "Use .reshape instead of .view: after a transpose the elements do not lie in order.",
    ),
    Row(
        "order of dimensions",
        "RuntimeError",
        r"number of dimensions in the tensor input does not match the length|"
        r"number of dims don't match in permute|t\(\) expects a tensor with <= 2 dimensions",
        "permute names every dimension once, in the new order; .T and .t() are for two dimensions. "
        ".transpose(-2, -1) exchanges the last two, however many there are.",
    ),
    Row(
        "channels do not fit",
        "RuntimeError",
        r"expected input\[(.*?)\] to have (\d+) channels, but got (\d+) channels",
        "The weight is made for {1} channels and the input of shape ({0}) has {2}: the channels "
        "are its second dimension, (B, C, H, W).",
    ),
    Row(
        "kernel larger than the input",
        "RuntimeError",
        r"Kernel size can't be greater than actual input size|is too small|non-positive stride",
        "The kernel or window is larger than what it slides over. Is the padding missing?",
    ),
    Row(
        "batch sizes do not fit",
        "ValueError RuntimeError",
        r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)",
        "The first argument has {0} rows and the second {1}: each example needs one row of scores "
        "and one class.",
    ),
    # --- dimensions and indices ------------------------------------------------------------------
    Row(
        "a single number has no dimensions",
        "IndexError",
        r"Dimension specified as (-?\d+) but tensor has no dimensions|invalid index of a 0-dim",
        "There is a single number here, of shape (), which has no dimensions and no elements to "
        "take out. Was it summed before, or is the argument smaller in this case?",
    ),
    Row(
        "dimension out of range",
        "IndexError RuntimeError",
        r"Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)",
        "dim={2} does not exist here: this tensor's dimensions are numbered up to {1}, and from the "
        "back -1 down to {0}. dim=-1 is always the last one, however many there are.",
    ),
    Row(
        "too many indices",
        "IndexError",
        r"too many indices for (?:tensor of dimension (\d+)|array)",
        "There are more indices in the square brackets than the tensor has dimensions.",
    ),
    Row(
        "index out of range",
        "IndexError RuntimeError",
        r"index (-?\d+) is out of bounds for (?:dimension|axis) (\d+) with size (\d+)",
        "Index {0} was asked for, and dimension {1} has {2} elements, counted from 0. Does a loop go "
        "one too far, or is it the wrong dimension or argument?",
    ),
    Row(
        "index out of range",
        "IndexError",
        r"(?:list|tuple|string) (?:assignment )?index out of range|pop from empty list|"
        r"pop index out of range",
        "There is no element with that number: the first one is 0, the last one len(...) - 1. Does "
        "a loop go one too far, or is the list empty in this case?",
    ),
    Row(
        "class out of range",
        "IndexError RuntimeError ValueError",
        r"Target (-?\d+) is out of bounds|Class values must be|index out of range in self",
        "A class or index is larger than there is room for (they count from 0), or negative. The "
        "number of classes is the width of the scores, not what happens to be in the labels.",
    ),
    Row(
        "index of the wrong kind",
        "IndexError TypeError RuntimeError",
        r"tensors used as indices must be|only integers, slices|indices must be integers|"
        r"invalid data type 'str'|can't convert .* to Long|slice indices must be integers",
        "What stands in square brackets must be whole numbers or a condition: .long() makes whole "
        "numbers of a tensor, // divides without a rest.",
    ),
    Row(
        "slice backwards",
        "ValueError",
        r"step must be greater than zero",
        "torch takes no slices that go backwards, [::-1]: .flip(-1) reverses the last dimension, "
        ".flip(0) the first.",
    ),
    Row(
        "a mask that does not fit",
        "IndexError",
        r"The shape of the mask \[(.*?)\] at index (\d+) does not match the shape of the indexed "
        r"tensor \[(.*?)\]",
        "The condition in the square brackets has shape ({0}) and the tensor ({2}): they must agree "
        "in dimension {1}.",
    ),
    # --- one number instead of many --------------------------------------------------------------
    Row(
        "a fraction where a count is wanted",
        "TypeError",
        r"converted to an index|'(float|Tensor)' object cannot be interpreted as an integer|integer argument expected",
        "range and sizes need whole numbers: // divides without a rest, int(...) makes a whole "
        "number.",
    ),
    Row(
        "a tensor where one number is wanted",
        "ValueError RuntimeError TypeError",
        r"only one element tensors can be converted|cannot be converted to Scalar|"
        r"only (length-1|integer scalar|0-dimensional|single-element) .*arrays",
        "float(), int(), .item(), the functions of math, and torch.tensor([...]) of a list take "
        "single numbers, and here is a tensor of several. torch.exp, torch.log and so on take whole "
        "tensors; torch.stack makes one tensor of a list of them.",
    ),
    Row(
        "math on something else than a number",
        "TypeError",
        r"must be real number, not (\w+)",
        "The functions of math take one number, and here is a {0}: torch has the same functions for "
        "whole tensors.",
    ),
    # --- kinds of numbers ------------------------------------------------------------------------
    Row(
        "whole numbers needed",
        "RuntimeError IndexError TypeError",
        r"expected scalar type (?:Long|Int|Int64)\b|scalar types?: (?:Long|Int)|"
        r"applicable to index tensor|Expected dtype int64 for index|Expected floating point type "
        r"for target with class probabilities|_index'? not implemented|"
        r"index tensor.*(?:Long|int64)|Expected dtype int\d+(?:/int\d+)? for index|target dtype to be Long|nll_loss\w*\" not implemented",
        "Classes and indices are whole numbers: turn them with .long().",
    ),
    Row(
        "average of whole numbers",
        "RuntimeError",
        r"(?:mean|std|var|std_mean)\S*(?:\(\))?:? .*(?:floating point|dtype)",
        "mean, std and var need fractions: turn whole numbers, or True and False, with .float() "
        "first.",
    ),
    Row(
        "kinds of numbers do not fit",
        "RuntimeError TypeError",
        r"expected scalar type|same dtype|expected m1 and m2|Found dtype|Input type .* and weight "
        r"type|expected .* dtype|to have the same type",
        "Fractions and whole numbers (or 32 and 64 bits) meet here, and this function takes only "
        "one kind. .float() makes the usual fractions, .long() whole numbers.",
    ),
    Row(
        "fractions into whole numbers",
        "RuntimeError",
        r"result type (\w+) can't be cast to the desired output type (\w+)",
        "Fractions cannot be written into a tensor of whole numbers ({1}). Make the tensor with "
        "fractions from the start: torch.zeros(...), or .float().",
    ),
    Row(
        "gradient of whole numbers",
        "RuntimeError",
        r"[Oo]nly Tensors of floating point",
        "Only fractions have gradients: make the tensor with 1.0 instead of 1, or use .float().",
    ),
    Row(
        "not made for this kind of number",
        "NotImplementedError RuntimeError",
        r"\"(\w+)\" not implemented for '(\w+)'|not implemented on|not supported for|on a bool",
        "torch has no such function for this kind of number. .float() makes fractions, .long() "
        "whole numbers.",
    ),
    # --- gradients -------------------------------------------------------------------------------
    Row(
        "in place on a weight",
        "RuntimeError",
        r"leaf Variable that requires grad is being used in an in-place|"
        r"view of a leaf Variable that requires grad",
        "A tensor whose gradient is recorded is overwritten (+=, -=, [...] =). Do the step within "
        "`with torch.no_grad():`, or make a new tensor.",
    ),
    Row(
        "numpy with a gradient",
        "RuntimeError",
        r"Can't call numpy\(\) on Tensor that requires grad",
        "NumPy knows nothing of gradients. Stay with torch's functions; only to draw or print, use "
        ".detach() before.",
    ),
    Row(
        "nothing to differentiate",
        "RuntimeError",
        r"does not require grad and does not have a grad_fn|element \d+ of tensors does not require",
        "No gradient is recorded on the way to this loss: the weights need requires_grad_() before "
        "the loss is computed, and .item(), .detach(), torch.tensor() or no_grad cut the way.",
    ),
    Row(
        "backward of several numbers",
        "RuntimeError",
        r"grad can be implicitly created only for scalar outputs",
        "backward starts from one number: take the mean or the sum of the losses first.",
    ),
    Row(
        "backward twice",
        "RuntimeError",
        r"backward through the graph a second time",
        "What backward needs is thrown away after it: compute the loss anew in each step.",
    ),
    Row(
        "overwritten before backward",
        "RuntimeError",
        r"modified by an inplace operation",
        "Something that backward needs is overwritten (+=, [...] =) before it is called: make a new "
        "tensor instead, h = h + ...",
    ),
    Row(
        "weight not used",
        "RuntimeError",
        r"appears to not have been used in the graph",
        "The loss does not depend on one of the tensors: is it a copy of the one that is used?",
    ),
    # --- devices ---------------------------------------------------------------------------------
    Row(
        "two devices",
        "RuntimeError NotImplementedError TypeError",
        r"same device|is not on the expected device|device type tensor to numpy|meta tensor|"
        r"device type for generator|found at least two devices",
        "Tensors of two devices meet. Make new ones where the others are: device=x.device, or "
        ".to(x.device).",
    ),
    # --- arguments -------------------------------------------------------------------------------
    Row(
        "something else than a tensor",
        "TypeError",
        r"(\w+)\(\): argument '(\w+)' (?:\(position \d+\) )?must be (.+?), (?:but found element of "
        r"type \w+ at pos \d+|not (\w+))",
        "{0} takes {2} as its {1}. torch.tensor(...) makes a tensor of a number or list, "
        "torch.stack of a list of tensors; for a single number there is math.",
    ),
    Row(
        "something else than a tensor",
        "TypeError",
        r"(\w+)\(\) received an invalid combination of arguments - got \((.*?)\)",
        "{0} does not take ({1}): look at the kind and the order of what it is given.",
    ),
    Row(
        "something else than a tensor",
        "TypeError",
        r"expected Tensor as element (\d+) in argument \d+, but got (\w+)",
        "The list should hold tensors, and number {0} in it is a {1}.",
    ),
    Row(
        "unexpected keyword",
        "TypeError",
        r"unexpected keyword argument '(\w+)'|'(\w+)' is an invalid keyword argument",
        "The function that is called there knows no argument of that name.",
    ),
    Row(
        "missing argument",
        "TypeError",
        r"(\w+)\(\) missing (\d+) required|(\w+)\(\) takes|(\w+) expected (at least |at most )?\d+",
        "The function is called there with too few or too many arguments.",
    ),
    Row(
        "argument given twice",
        "TypeError",
        r"(\w+)\(\) got multiple values for argument '(\w+)'",
        "{1} is given twice: by its place, and by its name.",
    ),
    Row(
        "brackets after a value",
        "TypeError",
        r"'torch\.Size' object is not callable|'torch\.dtype' object is not callable|"
        r"'torch\.device' object is not callable",
        ".shape, .dtype and .device are no functions: leave out the brackets after them.",
    ),
    Row(
        "brackets after a value",
        "TypeError",
        r"'(\S+)' object is not callable",
        "Something that is no function stands before round brackets: a {0}. Is a * missing, or has "
        "a name like sum or max been given away to a value? Elements are taken with square "
        "brackets.",
    ),
    Row(
        "computing with None",
        "TypeError AttributeError",
        r"'?NoneType'?",
        "One of the values on that line is None: a function that ends without return gives None, as "
        "do list.append and list.sort, and .grad before backward.",
    ),
    Row(
        "computing with a list",
        "TypeError",
        r"unsupported operand type\(s\) for (\S+): .*'(?:list|tuple)'|"
        r"can't multiply sequence by non-int|can only concatenate (?:list|tuple)",
        "Lists do not compute: + joins them and * repeats them. Compute with their elements, or make "
        "a tensor of them first, with torch.tensor or torch.stack.",
    ),
    Row(
        "computing with a text",
        "TypeError",
        r"unsupported operand type\(s\) for (\S+): .*'str'|can only concatenate str|must be str",
        "A text takes no part in a computation: float(text) or int(text) make a number of it.",
    ),
    Row(
        "values and places together",
        "TypeError AttributeError",
        r"torch\.return_types\.(\w+)",
        "With dim=..., torch.{0} gives two things, the values and their places: take .values of it, "
        "or use amax or amin, which give the values only.",
    ),
    Row(
        "kinds do not go together",
        "TypeError",
        r"unsupported operand type\(s\) for (\S+): '(\S+)' and '(\S+)'|"
        r"'(\S+)' not supported between instances of '(\S+)' and '(\S+)'|bad operand type for",
        "Python cannot do this with these two kinds of things: see what each name holds.",
    ),
    Row(
        "a loop over a number",
        "TypeError",
        r"'(\w+)' object is not iterable|iteration over a 0-d tensor|"
        r"cannot unpack non-iterable (\w+)|zip argument|'(\w+)' object is not reversible",
        "There is one value here where several are wanted: a loop over n rounds is "
        "`for i in range(n)`.",
    ),
    Row(
        "square brackets after a value",
        "TypeError",
        r"'(\S+)' object is not subscriptable|does not support item assignment|"
        r"does not support indexing|has no len\(\)|len\(\) of a 0-d tensor",
        "A single number has no elements and no length, a function is called with round brackets, "
        "and a tuple cannot be written into.",
    ),
    Row(
        "unpacked into the wrong number of names",
        "ValueError",
        r"not enough values to unpack|too many values to unpack",
        "There are more or fewer names on the left than values on the right: B, C = x.shape needs a "
        "tensor of two dimensions, and a loop over pairs a list of pairs.",
    ),
    Row(
        "lists of different lengths",
        "ValueError",
        r"zip\(\) argument \d+ is (shorter|longer)",
        "Two lists that are gone through together are not equally long.",
    ),
    # --- numbers ---------------------------------------------------------------------------------
    Row(
        "outside of the domain",
        "ValueError",
        r"math domain error|expected a (positive|nonnegative) (input|number)",
        "There is no logarithm of 0 or of a negative number, and no root of a negative one.",
    ),
    Row(
        "too large",
        "OverflowError",
        r"",
        "A number gets too large for Python: exp of more than 709, say. Rewrite the formula so that "
        "the exponent is never positive.",
    ),
    Row("division by zero", "ZeroDivisionError", r"", "Something is divided by zero there."),
    Row(
        "no probabilities",
        "RuntimeError ValueError",
        r"probability tensor contains|between 0 and 1|constraint",
        "These should be probabilities: from 0 to 1, and no nan among them.",
    ),
    # --- names -----------------------------------------------------------------------------------
    Row(
        "used before it has a value",
        "UnboundLocalError",
        r"'(\w+)'",
        "{0} is used before it gets a value inside the function: is it set only within an `if` or a "
        "loop that may not run, or should it be another name than the one outside?",
    ),
    Row(
        "a name that is not defined",
        "NameError",
        r"name '(\w+)' is not defined|free variable '(\w+)'",
        "Is it defined in a cell that has not been run, or spelt differently?",
    ),
    Row(
        "no such attribute",
        "AttributeError",
        r"'(\S+)' object has no attribute '(\w+)'",
        "A {0} has no {1}: look at the spelling, and at what kind of thing stands before the dot.",
    ),
    Row(
        "no such attribute",
        "AttributeError",
        r"(?:module|type object) '(\S+)' has no attribute '(\w+)'",
        "There is no {0}.{1}: look at the spelling.",
    ),
    Row("no such key", "KeyError", r"", "There is no such key in the dictionary."),
    Row("import", "ImportError ModuleNotFoundError", r"", "Nothing has to be imported for it."),
    # --- the end ---------------------------------------------------------------------------------
    Row(
        "calls itself without end",
        "RecursionError",
        r"",
        "The function calls itself without end.",
    ),
    Row("exit", "SystemExit", r"", "It calls exit(): a function ends with return."),
    Row("KeyboardInterrupt", "KeyboardInterrupt", r"", "It raises that itself."),
    Row("assert", "AssertionError", r"", "An `assert` of the function does not hold there."),
    *(
        Row(
            "too much memory",
            kind,
            text,
            "It asks for more memory than there is: how large is the tensor that it makes?",
        )
        for kind, text in (("MemoryError", ""), ("RuntimeError", "allocate memory"))
    ),
)


def translate(error: Error) -> tuple[str, str]:
    """(what to tell the attendee, the name of the mistake or '').

    The error itself, the line of the attendee's code, what it means, what the names hold.
    """
    text = " ".join(error.text.split("\n")[0].split())
    text = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 4]} ..."
    parts = [f"It stops with {error.type}{': ' if text else ''}{text.rstrip('.')}."]
    if error.line:
        parts.append(f"The line is `{error.line}`.")
    name = ""
    for row in ROWS:
        if row.types and error.type not in row.types.split():
            continue
        if error.raised and row.text:
            continue  # the attendee's own words
        found = re.search(row.text, error.text)
        if found and re.search(row.line, error.line):
            name = row.name
            parts.append(row.advice.format(*found.groups()) + _nearest(error))
            break
    if error.raised and not name:
        name = "raises an error of its own"
    if kinds := _kinds(error):
        parts.append(kinds)
    return " ".join(parts), name


def _kinds(error: Error) -> str:
    """What the names on the line hold, where that matters."""
    shown = {name: kind for name, kind in error.names.items() if name not in ("torch", "self")}
    if error.raised or not shown or error.type in ("NameError", "SystemExit", "RecursionError"):
        return ""
    if all("torch.float32" in kind for kind in shown.values() if "tensor" in kind):
        shown = {name: kind.replace(", torch.float32", "") for name, kind in shown.items()}
    return "On that line " + ", ".join(f"{name} is {kind}" for name, kind in shown.items()) + "."


def _nearest(error: Error) -> str:
    """For a name that is spelt differently, the nearest that there is."""
    known: list[str] = []
    if found := re.search(r"'(\S+)' (?:object )?has no attribute '(\w+)'", error.text):
        owners = {"Tensor": torch.Tensor, "torch": torch, "torch.nn": nn, "math": math}
        owners |= {"list": list, "torch.nn.functional": nn.functional}
        known, name = dir(owners.get(found[1])) if found[1] in owners else [], found[2]
    elif error.type == "NameError" and (found := re.search(r"name '(\w+)'", error.text)):
        known, name = [*error.names, *dir(builtins)], found[1]
    return nearest(name, [one for one in known if not one.startswith("_")]) if known else ""
