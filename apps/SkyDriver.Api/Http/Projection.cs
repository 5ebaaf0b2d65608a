using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Http;

/// <summary>Which members of a manifest to show.</summary>
internal sealed class Projection
{
    private const int MaxNames = 100;
    private readonly HashSet<string>? _names;

    private Projection(HashSet<string>? names) => _names = names;

    public static Projection All { get; } = new(names: null);

    public bool Shows(string name) => _names?.Contains(name) ?? true;

    /// <summary>Reads a list of names, text separated by <c>|</c>, or <c>*</c>. Names that no manifest has are left out in silence.</summary>
    public static Projection Read(Arguments arguments, string argument)
    {
        switch (arguments.Any(argument))
        {
            case null:
                return All;
            case { ValueKind: JsonValueKind.String } text:
                return Of(text.GetString()!.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            case { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() <= MaxNames && list.EnumerateArray().All(n => n.ValueKind is JsonValueKind.String):
                return Of([.. list.EnumerateArray().Select(n => n.GetString()!)]);
            default:
                arguments.Fault(argument, "must be '*', text separated by '|', or a list of texts");
                return All;
        }
    }

    public JsonObject Apply(ScanManifest manifest)
    {
        JsonObject document = JsonSerializer.SerializeToNode(manifest, ContractJson.Options)!.AsObject();
        if (_names is not null)
        {
            foreach (string hidden in document.Select(m => m.Key).Where(name => !Shows(name)).ToList()) document.Remove(hidden);
        }

        return document;
    }

    /// <summary>The same, less some members.</summary>
    public Projection Except(params IEnumerable<string> hidden) => new([.. MemberNames.Where(Shows).Except(hidden)]);

    /// <summary>Members named here that must not be asked for.</summary>
    public IReadOnlyList<string> Named(IEnumerable<string> forbidden) => _names is null ? [] : [.. forbidden.Where(_names.Contains)];

    private static Projection Of(string[] names) => names is [] || names.Contains("*") ? All : new([.. names]);

    private static readonly string[] MemberNames =
        [.. JsonSerializer.SerializeToNode(new ScanManifest { ScanId = "" }, ContractJson.Options)!.AsObject().Select(m => m.Key)];
}
