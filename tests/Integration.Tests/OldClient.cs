using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Integration.Tests;

/// <summary>Calls as the Python REST client of both generations makes them, and a record of what was said.</summary>
/// <remarks>
/// GET and HEAD have their arguments in the query, with Python's words for truth values; all others have a JSON object as body,
/// <c>{}</c> when there are none. Every request has a content type and a token. Redirects are followed, and what may pass is tried again.
/// </remarks>
internal sealed class OldClient(HttpClient http)
{
    private const int MostTries = 10;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Differ from run to run, or are too long to read.</summary>
    private static readonly string[] Left = ["timestamp", "last_updated", "complete", "lifecycle", "event_i3live_json_dict", "event_i3live_json", "i3_event", "phase", "waiting", "text", "ewms_address", "pending_timestamp"];

    private readonly StringBuilder _record = new();
    private readonly List<string> _scans = [];

    public string Record => _record.ToString();

    public void Chapter(string title) => _record.Append(CultureInfo.InvariantCulture, $"## {title}\n\n");

    /// <summary>Makes the call and notes it.</summary>
    /// <param name="arguments">As JSON.</param>
    /// <param name="asBody">Also a GET has its arguments in a body, as hand-written clients send it.</param>
    public async Task<JsonObject> CallAsync(string title, string method, string path, string arguments = "{}", int expected = 200, bool asBody = false)
    {
        JsonObject given = JsonNode.Parse(arguments)!.AsObject();
        bool inQuery = method is "GET" && !asBody;
        string address = inQuery && given.Count > 0 ? $"{path}?{string.Join('&', given.Select(a => $"{a.Key}={Uri.EscapeDataString(Python(a.Value!))}"))}" : path;
        string body = inQuery ? "" : given.ToJsonString(Plain);
        using HttpResponseMessage answer = await SendAsync(method, address, body);
        JsonObject document = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
        if (document["scan_id"] is { } id && !_scans.Contains(id.GetValue<string>())) _scans.Add(id.GetValue<string>());
        Note(title, method, address, inQuery ? null : given, answer, document);
        Assert.True(expected == (int)answer.StatusCode, $"{title}: {method} {address} gave {(int)answer.StatusCode} {answer.ReasonPhrase}\n{document.ToJsonString()}");
        return document;
    }

    /// <summary>Asks until the answer is as it should be; not noted.</summary>
    public async Task UntilAsync(string path, Func<JsonObject, bool> condition)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(100));
        while (!condition(JsonNode.Parse(await http.GetStringAsync(path, deadline.Token))!.AsObject())) await look.WaitForNextTickAsync(deadline.Token);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string address, string body)
    {
        for (int attempt = 1; ; attempt++)
        {
            using HttpRequestMessage request = new(new(method), address) { Content = new StringContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Authorization = new("Bearer", "not-looked-at-when-authentication-is-off");
            request.Headers.TryAddWithoutValidation("User-Agent", "python-requests/2.28.1");
            HttpResponseMessage answer = await FollowAsync(request, body);
            if ((int)answer.StatusCode is not (408 or 429 or 500 or 502 or 503 or 504) || attempt == MostTries) return answer;
            answer.Dispose();
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(0.3 * (1 << attempt), 5)));
        }
    }

    // As Python does it: after a 302 everything but HEAD becomes a GET without body, after a 307 nothing changes.
    private async Task<HttpResponseMessage> FollowAsync(HttpRequestMessage request, string body)
    {
        HttpResponseMessage answer = await http.SendAsync(request);
        for (int hops = 0; answer.StatusCode is HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect && hops < 30; hops++)
        {
            bool same = answer.StatusCode is HttpStatusCode.TemporaryRedirect;
            _record.Append(CultureInfo.InvariantCulture, $"(redirected with {(int)answer.StatusCode} to {Shown(answer.Headers.Location!.ToString())})\n\n");
            using HttpRequestMessage next = new(same ? request.Method : HttpMethod.Get, answer.Headers.Location) { Content = new StringContent(same ? body : "") };
            answer.Dispose();
            answer = await http.SendAsync(next);
        }

        return answer;
    }

    private void Note(string title, string method, string address, JsonObject? given, HttpResponseMessage answer, JsonObject document)
    {
        _record.Append(CultureInfo.InvariantCulture, $"{title}\n\n```\n{method} {Shown(address)}\n");
        if (given is not null) _record.Append(Shown(Short(given).ToJsonString(Plain))).Append('\n');
        _record.Append(CultureInfo.InvariantCulture, $"\n{(int)answer.StatusCode} {answer.ReasonPhrase}\n{Shown(Short(document).ToJsonString(Plain))}\n```\n\n");
    }

    private static string Python(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    private static JsonNode Short(JsonNode node)
    {
        JsonNode copy = node.DeepClone();
        if (copy is JsonObject document)
        {
            foreach (string name in document.Select(m => m.Key).ToList())
                document[name] = Left.Contains(name) ? "…" : document[name] is { } value ? Short(value) : null;
        }
        else if (copy is JsonArray list)
        {
            for (int i = 0; i < list.Count; i++) list[i] = list[i] is { } value ? Short(value) : null;
        }

        return copy;
    }

    private string Shown(string text)
    {
        for (int i = 0; i < _scans.Count; i++) text = text.Replace(_scans[i], $"SCAN-{i + 1}", StringComparison.Ordinal);
        return text;
    }
}
