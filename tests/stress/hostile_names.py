"""Hostile names, each another string: for archives, processors, events, targets, jobs and folders."""

import unicodedata
from random import Random

PATHS = r"""
.. . ~ ~/x ../.. ../../outside /outside //outside a/b a/../../outside ./a a/ ....// C:\Windows \\server\share
..\..\outside a:b file:///etc/passwd %2e%2e%2foutside /dev/null /proc/self/mem CON NUL COM1 aux.txt LPT1. $MFT
desktop.ini store mark journal workspace.json LOCK CURRENT store/LOCK .git .ssh/authorized_keys
"""
QUOTES = r"""
' " ` '' "" \' \" \ \\ a\ \n \0 \N \u0041 % %s %n%n %(a)s { } {} {0} {name} {0.__class__} {{7*7}} ${x} $(id) `id`
'OR'1'='1 ');--DROP __import__('os') lambda:1 None nan 1e999 true 0 -1 self name __class__ __dict__ __init__ repr
- -- -rf --help -o @x @ # !ls %run ? *x ** a|b ;ls &&ls |cat >x
"""
MARKUP = r"""
<script>alert(1)</script> </script> </svg><script>alert(1)</script> <b> < > & &lt; &#60; &amp; <!-- --> --><script> ]]>
<![CDATA[ <?xml?> javascript:alert(1) "onload="alert(1) 'onload='alert(1) <svg/onload=alert(1)> <iframe> <![endif]-->
[a](javascript:alert(1)) ![a](http://a.invalid/x.png) | ~~~ ```js $$x$$ **a** <style>*{display:none}</style>
"""
GRAPHS = r"""
a"];b[label=" "] "]; -> } digraph{ end subgraph graph n0 p0 node-0 edge :::x |x| --> classDef #35; #quot; \l \G \E
<<table></table>> ->> rect loop alt outside nobody label id class URL=javascript:alert(1) %%{init:{}}%% %%
"""
SPACED = (
    "; ls",
    "'; DROP TABLE x; --",
    "' OR 1=1 --",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "click n0 call alert()",
    "style n0 fill:red",
    "participant x",
    "Note over p0: x",
    "a -> b",
    "# a",
    "* a",
)
CONTROLS = (
    "\0 \n \r \t \x07 \x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J \x7f \x85 \u2028 \u2029 \x0b \x0c \x1c \ufeff \u200b"
)
DIRECTIONS = "\u00ad \u202eabc \u2066a\u2069 \u200fa"
LETTERS = (
    "\ud800 \udcff \udfff\ud800 a\ud83d \ud83d\ude42 🙂 👨\u200d👩\u200d👧 ﷺ ß ẞ İ \u0131 K \u212a ﬁ fi é e\u0301 "
    "Å A\u030a \u212b \uff0e\uff0e\uff0f \u0301 \U0010ffff \ufffd \ue000 א عربي ไทย 日本 \U0001d4b3 ½ ①"
)
SPACES = ("a\0b", "a\nb", "\r\n", "a\u00a0b", "\u3000", " ", "  ", " a", "a ", "a  b", "a", "a" + "\u0300" * 200)
LONG = tuple(letter * count for letter in "xé🙂" for count in (63, 64, 65, 255, 256, 4096, 70_000))
WORDS = [word for words in (PATHS, QUOTES, MARKUP, GRAPHS) for word in words.split()]
LISTED = [word for words in (CONTROLS, DIRECTIONS, LETTERS) for word in words.split(" ")]
BASE = tuple(dict.fromkeys((*WORDS, *LISTED, *SPACED, *SPACES, *LONG)))

TWINS = (
    str.upper,
    str.casefold,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFKC", name),
    lambda name: name + " ",
    lambda name: name + "\0",
    lambda name: name + ".",
    lambda name: name + "-2",
    lambda name: name[::-1],
)


def hostile_names(count, seed=1, allowed=bool):
    """So many names, none of them twice: the base, names that look like one of it, and two in a row."""
    random = Random(seed)
    names = dict.fromkeys(filter(allowed, random.sample(BASE, len(BASE))))
    while len(names) < count:
        name, other = random.choices(BASE, k=2)
        made = random.choice(TWINS)(name) if random.random() < 0.5 else name[:80] + other[:80]
        if allowed(made):
            names[made] = None
    return list(names)[:count]
