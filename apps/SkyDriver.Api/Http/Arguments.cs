using System.Globalization;
using System.Text.Json;

namespace SkyDriver.Api.Http;

/// <summary>The arguments of a call, from query and JSON body alike; where both have a name, the body wins. Notes every fault.</summary>
public sealed class Arguments
{
    public const long MaxBodyBytes = 16 << 20;

    private static readonly string[] TrueWords = ["true", "t", "yes", "y", "on", "1"];
    private static readonly string[] FalseWords = ["false", "f", "no", "n", "off", "0"];

    private readonly Dictionary<string, JsonElement> _body;
    private readonly IQueryCollection _query;
    private readonly List<string> _faults = [];

    private Arguments(Dictionary<string, JsonElement> body, IQueryCollection query) => (_body, _query) = (body, query);

    public IReadOnlyList<string> Faults => _faults;

    /// <exception cref="ApiException">The body is not a JSON object.</exception>
    public static async Task<Arguments> ReadAsync(HttpRequest request)
    {
        using MemoryStream buffer = new();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        return new(Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length)), request.Query);
    }

    /// <summary>For calls that read their body themselves.</summary>
    public static Arguments OfQuery(HttpRequest request) => new([], request.Query);

    /// <summary>For members of a body that was read some other way; they win over the query.</summary>
    public Arguments With(Dictionary<string, JsonElement> body) => new(body, _query);

    /// <summary>Members of the body that the call does not know are faults; in a query they are left alone.</summary>
    public void RefuseUnknown(IReadOnlySet<string> known)
    {
        int unknown = _body.Keys.Count(name => !known.Contains(name));
        // A member's name can be anything, so it is not repeated.
        if (unknown > 0) Fault($"{unknown} unknown argument(s); {(known.Count == 0 ? "there are none here" : "known are: " + string.Join(", ", known.Order(StringComparer.Ordinal)))}");
    }

    public void Fault(string reason) => _faults.Add(reason);

    public void Fault(string name, string reason) => _faults.Add($"'{name}': {reason}");

    public void Missing(string name) => _faults.Add($"'{name}' is a required property");

    /// <summary>Notes a fault unless one of the names is given.</summary>
    public void Require(params string[] names)
    {
        if (Any(names) is null) Missing(names[0]);
    }

    /// <exception cref="ApiException">Something is wrong; all of it is said.</exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0) throw ApiException.Invalid(_faults);
    }

    /// <summary>The first of the names that is given and not null.</summary>
    public JsonElement? Any(params string[] names)
    {
        foreach (string name in names)
        {
            if (_body.TryGetValue(name, out JsonElement value) && value.ValueKind is not JsonValueKind.Null) return value;
            // A list in a query is its name several times.
            if (!_body.ContainsKey(name) && _query.TryGetValue(name, out var texts))
                return texts.Count > 1 ? JsonSerializer.SerializeToElement(texts.ToArray()) : JsonSerializer.SerializeToElement(texts.ToString());
        }

        return null;
    }

    /// <summary>Given as null on purpose, in the body.</summary>
    public bool IsNull(string name) => _body.TryGetValue(name, out JsonElement value) && value.ValueKind is JsonValueKind.Null;

    public string? Text(params string[] names)
    {
        if (Any(names) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.String && !string.IsNullOrWhiteSpace(value.GetString())) return value.GetString()!.Trim();
        Fault(names[0], "must be type 'string' (str) and not empty");
        return null;
    }

    public bool? Boolean(params string[] names)
    {
        if (Any(names) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        string word = value.ToString().Trim();
        if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
        {
            if (TrueWords.Contains(word, StringComparer.OrdinalIgnoreCase)) return true;
            if (FalseWords.Contains(word, StringComparer.OrdinalIgnoreCase)) return false;
        }

        Fault(names[0], "must be type 'boolean' (bool): true or false");
        return null;
    }

    public long? Integer(params string[] names)
    {
        if (Any(names) is not { } value) return null;
        if (TryInteger(value, out long number)) return number;
        Fault(names[0], "must be type 'integer' (int)");
        return null;
    }

    public double? Number(params string[] names)
    {
        if (Any(names) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.Number or JsonValueKind.String
            && double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) return number;
        Fault(names[0], "must be type 'number' (float)");
        return null;
    }

    public JsonElement? Object(params string[] names)
    {
        if (Any(names) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.Object) return value;
        Fault(names[0], "must be type 'object' (dict)");
        return null;
    }

    /// <summary>An integer, an integral number such as 3.0, or decimal text; never a boolean.</summary>
    internal static bool TryInteger(JsonElement value, out long number)
    {
        number = 0;
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String)) return false;
        string text = value.ToString();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) return true;
        if (value.ValueKind is JsonValueKind.Number && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
            && Math.Abs(real) < 1L << 53 && real == Math.Truncate(real))
        {
            number = (long)real;
            return true;
        }

        return false;
    }

    private static Dictionary<string, JsonElement> Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.TrimStart(" \t\r\n"u8).IsEmpty) return [];
        try
        {
            JsonElement root = JsonText.Parse(body);
            if (root.ValueKind is JsonValueKind.Object) return root.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        }
        catch (JsonException broken)
        {
            string where = broken.LineNumber is { } line ? $" (line {line + 1}, byte {broken.BytePositionInLine})" : "";
            throw new ApiException(StatusCodes.Status400BadRequest, $"the body is not valid JSON{where}");
        }

        throw new ApiException(StatusCodes.Status400BadRequest, "the body must be a JSON object");
    }
}
