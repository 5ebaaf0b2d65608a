using System.Runtime.InteropServices;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>Requests of the state API in JSON. As strict as Dapr is, so that what works here works there: a number is no text.</summary>
internal static class StateJson
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <summary>Reads <c>[{key, value, …}]</c>.</summary>
    /// <param name="common">Metadata of the request as a whole, which count more than an item's.</param>
    /// <exception cref="DaprFault">Something is missing or of a wrong kind.</exception>
    public static StateOperation[] Items(JsonElement body, StateComponent state, Dictionary<string, string> common)
    {
        if (body.ValueKind is not JsonValueKind.Array) throw DaprErrors.MalformedRequest("the body must be a list of {key, value}");
        StateOperation[] operations = new StateOperation[body.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in body.EnumerateArray()) operations[i++] = Operation(state, StateOperationKind.Upsert, item, common);
        return operations;
    }

    /// <summary>Reads <c>{operations: [{operation, request}]}</c>.</summary>
    /// <exception cref="DaprFault">Something is missing, unknown or of a wrong kind.</exception>
    public static StateOperation[] Transaction(JsonElement body, StateComponent state)
    {
        JsonElement list = List(body, "operations");
        StateOperation[] operations = new StateOperation[list.GetArrayLength()];
        int i = 0;
        foreach (JsonElement entry in list.EnumerateArray())
        {
            StateOperationKind kind = StateOperations.Kind(Text(entry, "operation") ?? "");
            if (!entry.TryGetProperty("request", out JsonElement request)) throw DaprErrors.MalformedRequest("an operation has no request");
            operations[i++] = Operation(state, kind, request, NoMetadata);
        }

        return operations;
    }

    /// <summary>Reads <c>{keys: […]}</c>.</summary>
    /// <exception cref="DaprFault">Something is missing or of a wrong kind.</exception>
    public static string[] Keys(JsonElement body) => [.. List(body, "keys").EnumerateArray().Select(key => String(key, "keys"))];

    public static void WriteItem(Utf8JsonWriter writer, string key, StateRecord? found)
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

    public static bool IsJson(ReadOnlySpan<byte> value)
    {
        try
        {
            Utf8JsonReader reader = new(value);
            while (reader.Read())
            {
                // Reads to the end, where a fault would show.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The first-write option of a name; false for the other one and for none.</summary>
    /// <exception cref="DaprFault">The option is another word.</exception>
    public static bool IsFirstWrite(string? concurrency) => concurrency switch
    {
        null or "" or "last-write" => false,
        "first-write" => true,
        _ => throw StateFaults.IllegalOption("concurrency", concurrency, "first-write or last-write"),
    };

    /// <exception cref="DaprFault">The option is no word of Dapr's; every store here is strongly consistent, whichever is asked for.</exception>
    public static void CheckConsistency(string? consistency)
    {
        if (consistency is not (null or "" or "strong" or "eventual")) throw StateFaults.IllegalOption("consistency", consistency, "strong or eventual");
    }

    private static StateOperation Operation(StateComponent state, StateOperationKind kind, JsonElement item, Dictionary<string, string> common)
    {
        if (Text(item, "key") is not { Length: > 0 } key) throw DaprErrors.MalformedRequest("an item needs a key");
        string? etag = Text(item, "etag");
        bool firstWrite = false;
        if (item.TryGetProperty("options", out JsonElement options) && options.ValueKind is not JsonValueKind.Null)
        {
            firstWrite = IsFirstWrite(Text(options, "concurrency"));
            CheckConsistency(Text(options, "consistency"));
        }

        if (kind is StateOperationKind.Delete) return new(kind, state.StoredKey(key), [], etag);
        byte[] value = item.TryGetProperty("value", out JsonElement given) ? JsonMarshal.GetRawUtf8Value(given).ToArray() : "null"u8.ToArray();
        return new(kind, state.StoredKey(key), value, etag, firstWrite, StateOperations.Ttl(state, Metadata(item, common)));
    }

    private static Dictionary<string, string> Metadata(JsonElement item, Dictionary<string, string> common)
    {
        if (!item.TryGetProperty("metadata", out JsonElement fields) || fields.ValueKind is JsonValueKind.Null) return common;
        if (fields.ValueKind is not JsonValueKind.Object) throw DaprErrors.MalformedRequest("'metadata' must be an object of texts");
        Dictionary<string, string> metadata = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty field in fields.EnumerateObject()) metadata[field.Name] = String(field.Value, field.Name);
        foreach ((string name, string value) in common) metadata[name] = value;
        return metadata;
    }

    private static JsonElement List(JsonElement body, string name) =>
        body.ValueKind is JsonValueKind.Object && body.TryGetProperty(name, out JsonElement list) && list.ValueKind is JsonValueKind.Array
            ? list
            : throw DaprErrors.MalformedRequest($"the body must be {{{name}: [...]}}");

    /// <summary>A field that is missing or null counts as null; of another kind, it is a fault.</summary>
    private static string? Text(JsonElement element, string name)
    {
        if (element.ValueKind is not JsonValueKind.Object) throw DaprErrors.MalformedRequest($"there must be an object with '{name}'");
        return element.TryGetProperty(name, out JsonElement field) && field.ValueKind is not JsonValueKind.Null ? String(field, name) : null;
    }

    private static string String(JsonElement element, string name)
    {
        if (element.ValueKind is not JsonValueKind.String) throw DaprErrors.MalformedRequest($"'{name}' must be a text");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw DaprErrors.MalformedRequest($"'{name}' holds half of a surrogate pair");
        }
    }

    /// <summary>Bytes that were saved over gRPC need be no JSON; they go out as base64, as Dapr has it.</summary>
    private static void WriteValue(Utf8JsonWriter writer, byte[] value)
    {
        if (value.Length == 0) writer.WriteNullValue();
        else if (IsJson(value)) writer.WriteRawValue(value, skipInputValidation: true);
        else writer.WriteBase64StringValue(value);
    }
}
