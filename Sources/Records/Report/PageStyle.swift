/// The page's style sheet, for light and for dark.
enum PageStyle {
  /// The colours of partitions are those of Okabe and Ito, which most colour-blind people tell apart.
  static let sheet: StaticString = """
    :root { color-scheme: light dark; --back: #fff; --text: #1c1c1e; --faint: #6b6b70;
      --grid: #dcdce0; --s1: #0072b2; --s2: #e69f00; --s3: #009e73; --s4: #cc79a7; --s5: #56b4e9;
      --s6: #d55e00; --s7: #8c6bb1; --s8: #a6761d; --rest: #b8b8bd; --management: #6b6b70;
      --entitlement: #1c1c1e; --cap: #c4003d; --mark: #c4003d; }
    @media (prefers-color-scheme: dark) { :root { --back: #16171a; --text: #ececf0;
      --faint: #a0a0a8; --grid: #36373c; --s1: #3d9bd6; --s5: #8fd0f5; --s3: #1fbf91;
      --s7: #b195d3; --rest: #5c5c63; --management: #9a9aa2; --entitlement: #f4f4f6;
      --cap: #ff6b8b; --mark: #ff6b8b; } }
    body { margin: 0; background: var(--back); color: var(--text);
      font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
    main { max-width: 1060px; margin: 0 auto; padding: 24px; }
    h1 { font-size: 24px; margin: 0 0 12px; } h2 { font-size: 19px; margin: 36px 0 8px; }
    h3 { font-size: 15px; margin: 18px 0 6px; color: var(--faint); }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; }
    dt { color: var(--faint); } dd { margin: 0; }
    svg { display: block; width: 100%; height: auto; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr));
      gap: 18px; }
    figure { margin: 0; } figcaption { font-size: 13px; margin-bottom: 2px; }
    .grid { stroke: var(--grid); stroke-width: 1; } .tick { fill: var(--faint); font-size: 11px; }
    .area { stroke: none; } .line { fill: none; stroke-width: 1.6; }
    .column { fill: transparent; } .column:hover { fill: var(--text); fill-opacity: 0.1; }
    .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
    .s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); }
    .s7 { fill: var(--s7); } .s8 { fill: var(--s8); } .rest { fill: var(--rest); }
    .management { fill: var(--management); }
    .line.s1 { fill: none; stroke: var(--s1); } .line.s2 { fill: none; stroke: var(--s2); }
    .line.s3 { fill: none; stroke: var(--s3); } .line.s4 { fill: none; stroke: var(--s4); }
    .line.s5 { fill: none; stroke: var(--s5); } .line.s6 { fill: none; stroke: var(--s6); }
    .line.s7 { fill: none; stroke: var(--s7); } .line.s8 { fill: none; stroke: var(--s8); }
    .line.entitlement { stroke: var(--entitlement); }
    .line.cap { stroke: var(--cap); stroke-dasharray: 5 3; }
    line.mark { stroke: var(--mark); stroke-width: 1; stroke-opacity: 0.55; }
    circle.mark { fill: var(--mark); }
    .legend { font-size: 13px; margin: 6px 0 10px; } .legend span { margin-right: 16px;
      white-space: nowrap; }
    .key { display: inline-block; width: 12px; height: 12px; margin-right: 5px;
      vertical-align: -1px; }
    .key.s1 { background: var(--s1); } .key.s2 { background: var(--s2); }
    .key.s3 { background: var(--s3); } .key.s4 { background: var(--s4); }
    .key.s5 { background: var(--s5); } .key.s6 { background: var(--s6); }
    .key.s7 { background: var(--s7); } .key.s8 { background: var(--s8); }
    .key.rest { background: var(--rest); } .key.management { background: var(--management); }
    .key.entitlement { height: 3px; vertical-align: 3px; background: var(--entitlement); }
    .key.cap { height: 3px; vertical-align: 3px; background: var(--cap); }
    .key.mark { width: 3px; background: var(--mark); }
    .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
    th, td { padding: 3px 10px; text-align: left; border-bottom: 1px solid var(--grid);
      vertical-align: top; white-space: nowrap; }
    th { color: var(--faint); font-weight: 600; white-space: normal; }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    .note { color: var(--faint); } a { color: var(--s1); }
    """
}
