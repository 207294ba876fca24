"""Drawings of strangers, as SVG of our own (CC0): no program of the world makes any of these looks."""

_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'

ART = {
    # A carved figurine: square trunk, stub arms, round eyes, a leaf on top.
    "wooden_figurine": _HEAD + """
<rect x="34" y="78" width="13" height="20" rx="4" fill="#6b4423"/><rect x="53" y="78" width="13" height="20" rx="4" fill="#6b4423"/>
<rect x="30" y="50" width="40" height="34" rx="7" fill="#9a6a3a"/><rect x="18" y="52" width="13" height="26" rx="6" fill="#7d5230"/>
<rect x="69" y="52" width="13" height="26" rx="6" fill="#7d5230"/>
<path d="M36 58v20M50 55v24M63 58v20" stroke="#6b4423" stroke-width="2.5"/>
<rect x="25" y="16" width="50" height="37" rx="13" fill="#b98450"/>
<path d="M32 20v8M40 18v6M60 18v6M68 21v8" stroke="#8a5a2e" stroke-width="2.5"/>
<circle cx="39" cy="36" r="6.5" fill="#20140c"/><circle cx="61" cy="36" r="6.5" fill="#20140c"/>
<circle cx="41" cy="34" r="2" fill="#fff"/><circle cx="63" cy="34" r="2" fill="#fff"/>
<path d="M44 46q6 4 12 0" stroke="#4a2c14" stroke-width="2.5" fill="none"/>
<path d="M50 17q-2-12 14-15q2 14-14 15z" fill="#4caf3c"/><path d="M50 17q-2-9-13-10q1 10 13 10z" fill="#6fcf52"/></svg>""",
    # White walls, teal glass bands, a dome, an orange door.
    "nova_hall": _HEAD + """
<path d="M22 36a28 28 0 0 1 56 0z" fill="#0f9aa6"/><path d="M30 36a20 24 0 0 1 14-20" stroke="#8fe6ea" stroke-width="3" fill="none"/>
<rect x="47" y="0" width="6" height="12" fill="#f07c1c"/>
<rect x="8" y="36" width="84" height="62" fill="#f6f8f8"/><rect x="8" y="36" width="84" height="5" fill="#c9d4d6"/>
<rect x="14" y="46" width="72" height="9" fill="#12a5b0"/><rect x="14" y="61" width="72" height="9" fill="#12a5b0"/>
<path d="M26 46v24M38 46v24M50 46v24M62 46v24M74 46v24" stroke="#f6f8f8" stroke-width="2.5"/>
<rect x="40" y="76" width="20" height="22" rx="9" fill="#f07c1c"/><rect x="14" y="78" width="18" height="12" fill="#0c6f78"/>
<rect x="68" y="78" width="18" height="12" fill="#0c6f78"/><rect x="4" y="94" width="92" height="5" fill="#9fb0b4"/></svg>""",
    # A broad trunk with a face, a crimson crown of three clouds.
    "elder_tree": _HEAD + """
<path d="M34 98q6-22 2-42h28q-4 20 2 42z" fill="#6a4a34"/><path d="M28 98q10-8 12-22M72 98q-10-8-12-22" stroke="#563a28" stroke-width="5" fill="none"/>
<circle cx="28" cy="38" r="24" fill="#b3213a"/><circle cx="72" cy="38" r="24" fill="#b3213a"/>
<circle cx="50" cy="26" r="26" fill="#d63a4c"/><circle cx="40" cy="44" r="16" fill="#c42c42"/><circle cx="62" cy="44" r="15" fill="#c42c42"/>
<circle cx="38" cy="20" r="7" fill="#ee6a70"/><circle cx="66" cy="28" r="6" fill="#ee6a70"/>
<circle cx="43" cy="67" r="4.5" fill="#ffe9a0"/><circle cx="57" cy="67" r="4.5" fill="#ffe9a0"/>
<circle cx="43" cy="67" r="2" fill="#1d120a"/><circle cx="57" cy="67" r="2" fill="#1d120a"/>
<path d="M50 70l-4 8h8z" fill="#8a644a"/><path d="M38 80q12 8 24 0q-4 12-12 12t-12-12z" fill="#f3efe4"/></svg>""",
    # A four-legged plum beast, cream stripes, ears, a horn and a curled tail.
    "plum_beast": _HEAD + """
<path d="M76 64q22-2 16-26q-3-8-11-4" stroke="#7a3b8f" stroke-width="9" fill="none" stroke-linecap="round"/>
<rect x="28" y="72" width="12" height="26" rx="5" fill="#5f2c72"/><rect x="66" y="72" width="12" height="26" rx="5" fill="#5f2c72"/>
<rect x="40" y="74" width="11" height="24" rx="5" fill="#7a3b8f"/><rect x="56" y="74" width="11" height="24" rx="5" fill="#7a3b8f"/>
<ellipse cx="55" cy="64" rx="30" ry="19" fill="#8f47a8"/>
<path d="M50 46q4 18 0 36M63 46q4 18 0 36M75 51q3 12 0 24" stroke="#f5e6c0" stroke-width="5" fill="none"/>
<path d="M10 26l4-20l14 12zM46 26l-3-20l-15 12z" fill="#7a3b8f"/><circle cx="28" cy="36" r="22" fill="#a259bc"/>
<path d="M24 18l4-17l4 17z" fill="#f2c230"/><circle cx="20" cy="34" r="6" fill="#fff7d0"/><circle cx="36" cy="34" r="6" fill="#fff7d0"/>
<circle cx="20" cy="35" r="3" fill="#1b1020"/><circle cx="36" cy="35" r="3" fill="#1b1020"/>
<path d="M22 48q6 5 12 0" stroke="#3c1848" stroke-width="3" fill="none"/><ellipse cx="28" cy="43" rx="3.5" ry="2.5" fill="#3c1848"/></svg>""",
    # A small round car, lime below, a glass dome above.
    "bubble_car": _HEAD + """
<path d="M24 58a28 34 0 0 1 56 0z" fill="#a8e4f4"/><path d="M24 58a28 34 0 0 1 56 0z" fill="none" stroke="#e8f0f2" stroke-width="4"/>
<path d="M52 25v33" stroke="#e8f0f2" stroke-width="4"/><path d="M33 50q2-14 12-19" stroke="#fff" stroke-width="4" fill="none"/>
<path d="M4 74q0-18 20-18h56q16 0 16 18v8q0 4-4 4H8q-4 0-4-4z" fill="#8fd11f"/><rect x="4" y="68" width="92" height="7" fill="#fff"/>
<path d="M4 79h92v3q0 4-4 4H8q-4 0-4-4z" fill="#639812"/>
<circle cx="26" cy="86" r="13" fill="#23262b"/><circle cx="26" cy="86" r="6" fill="#f4c63a"/><circle cx="76" cy="86" r="13" fill="#23262b"/>
<circle cx="76" cy="86" r="6" fill="#f4c63a"/><circle cx="93" cy="64" r="5" fill="#fff3a0"/></svg>""",
    # A cup cake: ribbed cup, blue swirl in three layers, a golden star.
    "comet_cake": _HEAD + """
<path d="M20 62h60l-9 36H29z" fill="#e2574c"/><path d="M34 64l4 33M50 64v33M66 64l-4 33" stroke="#fbe3c8" stroke-width="5"/>
<ellipse cx="50" cy="60" rx="36" ry="12" fill="#2f6fe0"/><ellipse cx="50" cy="46" rx="27" ry="11" fill="#4c8bf2"/>
<ellipse cx="50" cy="34" rx="18" ry="9" fill="#7fb0ff"/><path d="M20 58q14 8 34 4M28 45q12 6 26 3" stroke="#cfe2ff" stroke-width="4" fill="none"/>
<path d="M50 2l5 11 12 1-9 8 3 12-11-6-11 6 3-12-9-8 12-1z" fill="#ffc928" stroke="#e09a10" stroke-width="1.5"/></svg>""",
}
