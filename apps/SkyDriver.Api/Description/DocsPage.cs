using System.Security.Cryptography;
using System.Text;

namespace SkyDriver.Api.Description;

/// <summary>A page that shows the API description. It loads nothing from anywhere else, so it works without a network.</summary>
internal static class DocsPage
{
    private const string Script = """
        const make = (tag, text, parent, css) => {
          const node = document.createElement(tag);
          if (text) node.textContent = text;
          if (css) node.className = css;
          parent.append(node);
          return node;
        };
        const types = schema => [].concat(schema?.type ?? "any").join(" or ");
        const row = (table, name, schema, text, required) => {
          const line = make("tr", "", table);
          make("td", name + (required ? " *" : ""), line, "name");
          make("td", types(schema), line, "type");
          make("td", (schema?.deprecated ? "Old name. " : "") + (text ?? ""), line);
        };
        const describe = (path, method, call, main) => {
          const box = make("details", "", main);
          const head = make("summary", "", box);
          make("b", method.toUpperCase(), head, method);
          make("code", path, head);
          make("span", call.summary, head);
          const body = call.requestBody?.content["application/json"]?.schema;
          const roles = (call.security ?? []).flatMap(s => Object.values(s).flat());
          if (roles.length) make("p", "For: " + roles.join(", "), box);
          if (call.parameters?.length || body) {
            const table = make("table", "", box);
            for (const p of call.parameters ?? []) row(table, p.name, p.schema, p.description ?? "In the path.", p.required);
            for (const [name, schema] of Object.entries(body?.properties ?? {})) row(table, name, schema, schema.description, body.required?.includes(name));
          }
          const answers = make("ul", "", box);
          for (const [code, answer] of Object.entries(call.responses)) make("li", code + ": " + answer.description, answers);
        };
        fetch("openapi.json").then(r => r.json()).then(doc => {
          const main = document.querySelector("main");
          document.querySelector("#about").textContent = doc.info.description;
          for (const [path, calls] of Object.entries(doc.paths).sort(([a], [b]) => a < b ? -1 : 1))
            for (const [method, call] of Object.entries(calls)) describe(path, method, call, main);
        });
        """;

    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; background: #fff; }
        details { border: 1px solid #cdd5de; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
        summary { cursor: pointer; } summary code { margin-right: 1rem; }
        summary b { display: inline-block; width: 5rem; color: #075985; } summary b.delete { color: #9f1239; } summary b.post, summary b.put, summary b.patch { color: #166534; }
        td { vertical-align: top; padding: .15rem .8rem .15rem 0; } .name { font-family: monospace; } .type { color: #52606d; white-space: nowrap; }
        @media (prefers-color-scheme: dark) { body { color: #dde5ee; background: #10161d; } summary b { color: #7dd3fc; } summary b.delete { color: #fda4af; } summary b.post, summary b.put, summary b.patch { color: #86efac; } .type { color: #9fb0c0; } }
        """;

    public static string Html { get; } = $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>SkyDriver API</title><style>{Style}</style></head>
        <body>
        <h1>SkyDriver API</h1>
        <p id="about"></p>
        <p>Arguments with * are required. The description for programs: <a href="openapi.json">openapi.json</a>.</p>
        <main></main>
        <script>{Script}</script>
        </body>
        </html>
        """;

    /// <summary>Only what is written here may run.</summary>
    public static string Policy { get; } = $"default-src 'none'; connect-src 'self'; style-src '{Hash(Style)}'; script-src '{Hash(Script)}'";

    private static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
