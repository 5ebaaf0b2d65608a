using System.Runtime.InteropServices;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>State over HTTP.</summary>
internal static class StateHttpApi
{
    private static readonly string[] Writes = ["POST", "PUT"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/state/{store}/{**key}", (RequestDelegate)GetAsync);
        routes.MapDelete("/v1.0/state/{store}/{**key}", (RequestDelegate)DeleteAsync);
        routes.MapMethods("/v1.0/state/{store}", Writes, (RequestDelegate)SaveAsync);
        routes.MapMethods("/v1.0/state/{store}/bulk", Writes, (RequestDelegate)GetBulkAsync);
        routes.MapMethods("/v1.0/state/{store}/transaction", Writes, (RequestDelegate)TransactAsync);
    }

    private static async Task GetAsync(HttpContext context)
    {
        StateComponent state = State(context);
        StateRecord? found = await StateOperations.GetAsync(state, context.Route("key"), context.RequestAborted);
        if (found is not { } record)
        {
            await context.WriteNothing();
            return;
        }

        context.Response.Headers.ETag = record.ETag;
        if (record.ExpiresAt is { } end) context.Response.Headers["metadata.ttlExpireTime"] = StateOperations.Time(end);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = record.Value.Length;
        await context.Response.Body.WriteAsync(record.Value, context.RequestAborted);
    }

    private static async Task DeleteAsync(HttpContext context)
    {
        StateComponent state = State(context);
        string etag = context.Request.Headers.IfMatch.ToString();
        bool firstWrite = context.Request.Query["concurrency"] == "first-write";
        StateOperation delete = new(StateOperationKind.Delete, state.StoredKey(context.Route("key")), [], etag, firstWrite && etag.Length > 0);
        await StateOperations.ApplyEachAsync(state, [delete], context.RequestAborted);
        await context.WriteNothing();
    }

    private static async Task SaveAsync(HttpContext context)
    {
        StateComponent state = State(context);
        using JsonDocument body = await context.ReadJsonAsync();
        if (body.RootElement.ValueKind is not JsonValueKind.Array) throw DaprErrors.MalformedRequest("the body must be a list of {key, value}");
        StateOperation[] operations = [.. body.RootElement.EnumerateArray().Select(item => Operation(state, StateOperationKind.Upsert, item))];
        await StateOperations.ApplyEachAsync(state, operations, context.RequestAborted);
        await context.WriteNothing();
    }

    private static async Task GetBulkAsync(HttpContext context)
    {
        StateComponent state = State(context);
        using JsonDocument body = await context.ReadJsonAsync();
        if (body.RootElement.ValueKind is not JsonValueKind.Object || !body.RootElement.TryGetProperty("keys", out JsonElement list) || list.ValueKind is not JsonValueKind.Array)
        {
            throw DaprErrors.MalformedRequest("the body must be {keys: [...]}");
        }

        string[] keys = [.. list.EnumerateArray().Select(k => k.ToString())];
        IReadOnlyList<StateRecord?> found = await StateOperations.GetManyAsync(state, keys, context.RequestAborted);
        await context.WriteJsonAsync(writer =>
        {
            writer.WriteStartArray();
            for (int i = 0; i < keys.Length; i++) WriteItem(writer, keys[i], found[i]);
            writer.WriteEndArray();
        });
    }

    private static void WriteItem(Utf8JsonWriter writer, string key, StateRecord? found)
    {
        writer.WriteStartObject();
        writer.WriteString("key", key);
        if (found is { } record)
        {
            writer.WritePropertyName("data");
            WriteValue(writer, record.Value);
            writer.WriteString("etag", record.ETag);
            if (record.ExpiresAt is { } end)
            {
                writer.WriteStartObject("metadata");
                writer.WriteString("ttlExpireTime", StateOperations.Time(end));
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Bytes that were saved over gRPC need be no JSON; they go out as base64, as Dapr has it.</summary>
    private static void WriteValue(Utf8JsonWriter writer, byte[] value)
    {
        try
        {
            Utf8JsonReader reader = new(value);
            while (reader.Read())
            {
                // Reads to the end, where a fault would show.
            }

            if (value.Length > 0) writer.WriteRawValue(value, skipInputValidation: true);
            else writer.WriteNullValue();
        }
        catch (JsonException)
        {
            writer.WriteBase64StringValue(value);
        }
    }

    private static async Task TransactAsync(HttpContext context)
    {
        StateComponent state = State(context);
        using JsonDocument body = await context.ReadJsonAsync();
        if (body.RootElement.ValueKind is not JsonValueKind.Object || !body.RootElement.TryGetProperty("operations", out JsonElement list) || list.ValueKind is not JsonValueKind.Array)
        {
            throw DaprErrors.MalformedRequest("the body must be {operations: [...]}");
        }

        List<StateOperation> operations = [];
        foreach (JsonElement entry in list.EnumerateArray())
        {
            string kind = entry.ValueKind is JsonValueKind.Object ? HttpBodies.Text(entry, "operation") ?? "" : "";
            if (kind is not ("upsert" or "delete")) throw DaprErrors.StateOperationUnknown(kind);
            if (!entry.TryGetProperty("request", out JsonElement request)) throw DaprErrors.MalformedRequest("an operation has no request");
            operations.Add(Operation(state, kind is "upsert" ? StateOperationKind.Upsert : StateOperationKind.Delete, request));
        }

        await StateOperations.ApplyAllAsync(state, operations, context.RequestAborted);
        await context.WriteNothing();
    }

    private static StateOperation Operation(StateComponent state, StateOperationKind kind, JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object || HttpBodies.Text(item, "key") is not { } key) throw DaprErrors.MalformedRequest("an item needs a key");
        byte[] value = item.TryGetProperty("value", out JsonElement given) ? JsonMarshal.GetRawUtf8Value(given).ToArray() : [];
        string? etag = HttpBodies.Text(item, "etag");
        bool firstWrite = item.TryGetProperty("options", out JsonElement options) && options.ValueKind is JsonValueKind.Object && HttpBodies.Text(options, "concurrency") is "first-write";
        bool create = firstWrite && kind is StateOperationKind.Upsert;
        return new(kind, state.StoredKey(key), kind is StateOperationKind.Upsert ? value : [], etag, create, StateOperations.Ttl(state, HttpBodies.TextMap(item, "metadata")));
    }

    private static StateComponent State(HttpContext context) => context.Sidecar().Components.State(context.Route("store"));
}
