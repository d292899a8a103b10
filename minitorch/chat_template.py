"""Conversations as tokens: who speaks, where a turn ends, and which tokens the assistant said.

A conversation is a list of messages, each a dictionary with a "role" and a "content". It becomes
`<|begin|><|user|>Who are you?<|end|><|assistant|>The clerk.<|end|>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from minitorch.tokenizer import Tokenizer, TokenizerError

Message = dict[str, str]

ROLES = ("system", "user", "assistant", "tool")

# The same in Jinja, for Hugging Face's apply_chat_template; `generation` marks what the assistant
# said.
TEMPLATE = (
    "{{ '<|begin|>' }}"
    "{% for message in messages %}"
    "{% if message['role'] not in ['system', 'user', 'assistant', 'tool'] %}"
    "{{ raise_exception('unknown role: ' + message['role']) }}"
    "{% endif %}"
    "{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}"
    "{{ message['content'] + '<|end|>' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def render_chat(messages: Sequence[Message], ask: bool = False) -> str:
    """Write a conversation as one text with its special tokens, as a person would look at it."""
    turns = [f"<|{message['role']}|>{message['content']}<|end|>" for message in checked(messages)]
    return "<|begin|>" + "".join(turns) + ("<|assistant|>" if ask else "")


def encode_chat(
    tokenizer: Tokenizer, messages: Sequence[Message], ask: bool = False
) -> tuple[list[int], list[bool]]:
    """Return the ids of a conversation, and for each whether the assistant said it.

    The ids begin with `<|begin|>`. A message is the special token of its role (`<|user|>`), its
    content, and `<|end|>`. The assistant says its content and the `<|end|>` behind it, but not
    `<|assistant|>`: that is how it is asked to speak. With `ask` the ids end with another
    `<|assistant|>`. The content is text, whatever it spells.
    """
    special = tokenizer.special
    ids, said = [special["<|begin|>"]], [False]
    for message in checked(messages):
        content = [*tokenizer.encode(message["content"]), special["<|end|>"]]
        ids += [special[f"<|{message['role']}|>"], *content]
        said += [False] + [message["role"] == "assistant"] * len(content)
    if ask:
        ids.append(special["<|assistant|>"])
        said.append(False)
    return ids, said


def encode_document(tokenizer: Tokenizer, text: str) -> tuple[list[int], list[bool]]:
    """Return the ids of a text between `<|begin|>` and `<|end|>`; all but the first are learned."""
    ids = [tokenizer.special["<|begin|>"], *tokenizer.encode(text), tokenizer.special["<|end|>"]]
    return ids, [False] + [True] * (len(ids) - 1)


def checked(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the messages, or raise an error that says which one is wrong, and how."""
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise TokenizerError(f"message {place} has no content that is a text")
        if message.get("role") not in ROLES:
            raise TokenizerError(
                f"message {place} has the role {message.get('role')!r}; the roles are "
                + ", ".join(ROLES)
            )
    return messages
