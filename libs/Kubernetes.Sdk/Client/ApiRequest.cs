using System.Globalization;

namespace k8s;

/// <summary>A request, with every name of it as one encoded segment: no name can reach another path.</summary>
internal sealed class ApiRequest(HttpMethod method, string root, params string[] segments)
{
    private readonly List<string> _query = [];

    public HttpMethod Method => method;

    public string Path { get; } = root + string.Concat(segments.Select(s => "/" + Segment(s)));

    public string Query => _query.Count == 0 ? "" : "?" + string.Join('&', _query);

    public object? Body { get; init; }

    public bool IsWatch { get; private set; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Headers { get; init; }

    public ApiRequest Add(string name, object? value)
    {
        if (value is null) return this;
        string text = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture)!;
        _query.Add($"{name}={Uri.EscapeDataString(text)}");
        return this;
    }

    public ApiRequest Watch(bool? watch)
    {
        IsWatch = watch is true;
        return Add("watch", watch);
    }

    // Dots are not escaped, and ".." would climb.
    private static string Segment(string name) => name is "" or "." or ".."
        ? throw new ArgumentException($"'{name}' is no name of an object.", nameof(name))
        : Uri.EscapeDataString(name);
}
