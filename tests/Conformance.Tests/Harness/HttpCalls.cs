using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Conformance.Tests;

/// <summary>The API over HTTP.</summary>
internal sealed class HttpCalls(HttpClient http) : IDaprCalls
{
    public async Task<StoredValue> GetStateAsync(string store, string key, string? consistency = null)
    {
        string query = consistency is null ? "" : $"?consistency={consistency}";
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, $"/v1.0/state/{store}/{Uri.EscapeDataString(key)}{query}");
        byte[] data = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(response.StatusCode is HttpStatusCode.NoContent, !response.Headers.Contains("ETag"));
        return new(data, response.Headers.TryGetValues("ETag", out var etags) ? etags.Single() : "", Metadata(response));
    }

    public async Task SaveStateAsync(string store, params StateWrite[] writes) =>
        await NothingAsync(SendAsync(HttpMethod.Post, $"/v1.0/state/{store}", new JsonArray([.. writes.Select(ToJson)])));

    public async Task DeleteStateAsync(string store, string key, string? etag = null, string? concurrency = null)
    {
        string query = concurrency is null ? "" : $"?concurrency={concurrency}";
        await NothingAsync(SendAsync(HttpMethod.Delete, $"/v1.0/state/{store}/{Uri.EscapeDataString(key)}{query}", headers: etag is null ? null : new() { ["If-Match"] = etag }));
    }

    public async Task<IReadOnlyList<BulkValue>> GetBulkStateAsync(string store, params string[] keys)
    {
        using JsonDocument items = await JsonAsync(SendAsync(HttpMethod.Post, $"/v1.0/state/{store}/bulk", new JsonObject { ["keys"] = new JsonArray([.. keys.Select(k => JsonValue.Create(k))]) }));
        return [.. items.RootElement.EnumerateArray().Select(i => new BulkValue(
            i.GetProperty("key").GetString()!,
            i.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : "",
            i.TryGetProperty("etag", out JsonElement etag) ? etag.GetString() ?? "" : "",
            i.TryGetProperty("error", out JsonElement error) ? error.GetString() ?? "" : ""))];
    }

    public async Task TransactAsync(string store, params Operation[] operations) => await NothingAsync(SendAsync(HttpMethod.Post, $"/v1.0/state/{store}/transaction", new JsonObject
    {
        ["operations"] = new JsonArray([.. operations.Select(o => new JsonObject { ["operation"] = o.Kind, ["request"] = ToJson(o.Write) })]),
    }));

    public async Task PublishAsync(string pubsub, string topic, byte[] data, string? contentType = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"/v1.0/publish/{pubsub}/{topic}{Query(metadata)}") { Content = new ByteArrayContent(data) };
        if (contentType is not null) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        await NothingAsync(CheckedAsync(request));
    }

    public async Task<IReadOnlyList<FailedEntry>> BulkPublishAsync(string pubsub, string topic, IReadOnlyList<BulkEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        JsonArray body = [.. entries.Select(e => new JsonObject
        {
            ["entryId"] = e.EntryId,
            ["event"] = e.ContentType.Contains("json", StringComparison.Ordinal) ? JsonNode.Parse(e.Event) : JsonValue.Create(e.Event),
            ["contentType"] = e.ContentType,
            ["metadata"] = ToJson(e.Metadata),
        })];
        using HttpResponseMessage response = await http.PostAsync($"/v1.0/publish/bulk/{pubsub}/{topic}{Query(metadata)}", new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        if (response.StatusCode is HttpStatusCode.NoContent) return [];
        string text = await response.Content.ReadAsStringAsync();
        if (response.StatusCode is HttpStatusCode.InternalServerError && JsonNode.Parse(text)!["failedEntries"] is JsonArray failed)
        {
            return [.. failed.Select(f => new FailedEntry((string)f!["entryId"]!, (string)f["error"]!))];
        }

        throw Refusal(response, text);
    }

    public async Task<BindingReply> InvokeBindingAsync(string name, string operation, byte[]? data = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        JsonObject body = new() { ["operation"] = operation, ["metadata"] = ToJson(metadata) };
        if (data is not null) body["data"] = JsonNode.Parse(data);
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, $"/v1.0/bindings/{name}", body);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(answer.Length == 0 ? HttpStatusCode.NoContent : HttpStatusCode.OK, response.StatusCode);
        return new(answer, Metadata(response));
    }

    public async Task<IReadOnlyDictionary<string, string>> GetSecretAsync(string store, string key)
    {
        using JsonDocument secret = await JsonAsync(SendAsync(HttpMethod.Get, $"/v1.0/secrets/{store}/{key}"));
        return Texts(secret.RootElement);
    }

    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetBulkSecretAsync(string store)
    {
        using JsonDocument secrets = await JsonAsync(SendAsync(HttpMethod.Get, $"/v1.0/secrets/{store}/bulk"));
        return secrets.RootElement.EnumerateObject().ToDictionary(s => s.Name, s => Texts(s.Value));
    }

    private static JsonNode ToJson(StateWrite write)
    {
        JsonObject item = new() { ["key"] = write.Key };
        if (write.Json.Length > 0) item["value"] = JsonNode.Parse(write.Json);
        if (write.ETag is not null) item["etag"] = write.ETag;
        if (write.Metadata is not null) item["metadata"] = ToJson(write.Metadata);
        if (write.Concurrency is not null || write.Consistency is not null) item["options"] = new JsonObject { ["concurrency"] = write.Concurrency, ["consistency"] = write.Consistency };
        return item;
    }

    private static JsonObject ToJson(IReadOnlyDictionary<string, string>? map) => new((map ?? new Dictionary<string, string>()).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)JsonValue.Create(p.Value))));

    private static string Query(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is { Count: > 0 } ? "?" + string.Join('&', metadata.Select(m => $"metadata.{m.Key}={Uri.EscapeDataString(m.Value)}")) : "";

    private static Dictionary<string, string> Metadata(HttpResponseMessage response) => response.Headers
        .Where(h => h.Key.StartsWith("metadata.", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(h => h.Key["metadata.".Length..], h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyDictionary<string, string> Texts(JsonElement map) => map.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);

    private static async Task NothingAsync(Task<HttpResponseMessage> sending)
    {
        using HttpResponseMessage response = await sending;
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    private static async Task<JsonDocument> JsonAsync(Task<HttpResponseMessage> sending)
    {
        using HttpResponseMessage response = await sending;
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonNode? body = null, Dictionary<string, string>? headers = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        foreach ((string name, string value) in headers ?? []) request.Headers.TryAddWithoutValidation(name, value);
        return await CheckedAsync(request);
    }

    private async Task<HttpResponseMessage> CheckedAsync(HttpRequestMessage request)
    {
        HttpResponseMessage response = await http.SendAsync(request);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refusal(response, await response.Content.ReadAsStringAsync());
    }

    private static DaprRefusal Refusal(HttpResponseMessage response, string text)
    {
        using JsonDocument told = JsonDocument.Parse(text);
        return new((int)response.StatusCode, told.RootElement.GetProperty("errorCode").GetString()!, told.RootElement.GetProperty("message").GetString()!);
    }
}
