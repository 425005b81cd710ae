"""Which texts the package's executor may be given: it evaluates them as Python, with all that Python has."""

import ast
import builtins

from checks import is_tool_call

NOT_A_CALL = "not_a_tool_of_this_entry()"


def is_harmless(text, tools, executor):
    """Whether evaluating `text` calls a tool with literals, or fails for want of a name."""
    if is_tool_call(text, tools):
        return True
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call):
            return False
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
            ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    root = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id not in vars(builtins) and root.id not in vars(executor) and root.id not in tools


def refusal(text, tools):
    """What the model is told of a text that is not evaluated: what Python says of most of them."""
    try:
        tree = ast.parse(text, "<string>", mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return f"Error during execution: {error}"
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in tools]
    return f"Error during execution: name {names[0]!r} is not defined" if names else "Error during execution: its arguments are no values"
