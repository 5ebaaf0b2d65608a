using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.PubSub;

namespace SkyDriver.Sidecar.Api;

/// <summary>Publishing over HTTP.</summary>
internal static class PublishHttpApi
{
    private static readonly string[] Writes = ["POST", "PUT"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic}", Writes, (RequestDelegate)PublishAsync);
        foreach (string version in (string[])["v1.0", "v1.0-alpha1"]) routes.MapMethods($"/{version}/publish/bulk/{{pubsub}}/{{**topic}}", Writes, (RequestDelegate)PublishBulkAsync);
    }

    private static async Task PublishAsync(HttpContext context)
    {
        InstanceSidecar sidecar = context.Sidecar();
        PubSubComponent pubsub = sidecar.Components.PubSub(context.Route("pubsub"));
        string topic = context.Route("topic");
        Publisher.Check(pubsub, topic, sidecar.Instance.AppId);
        Publisher.Item item = new(await context.ReadBodyAsync(), context.Request.ContentType, Metadata(context));
        await new Publisher(pubsub, topic, context, sidecar.Clock).PublishAsync(item, context.RequestAborted);
        await context.WriteNothing();
    }

    private static async Task PublishBulkAsync(HttpContext context)
    {
        InstanceSidecar sidecar = context.Sidecar();
        PubSubComponent pubsub = sidecar.Components.PubSub(context.Route("pubsub"));
        string topic = context.Route("topic");
        Publisher.Check(pubsub, topic, sidecar.Instance.AppId);
        using JsonDocument body = await context.ReadJsonAsync();
        List<BulkPublisher.Entry> entries = Read(body.RootElement, Metadata(context));
        IReadOnlyList<BulkPublisher.Failure> failed = await BulkPublisher.PublishAsync(entries, pubsub, topic, context, sidecar.Clock);
        if (failed.Count == 0) await context.WriteNothing();
        else await context.WriteJsonAsync(writer => WriteFailed(writer, failed), StatusCodes.Status500InternalServerError);
    }

    private static List<BulkPublisher.Entry> Read(JsonElement body, IReadOnlyDictionary<string, string> common)
    {
        if (body.ValueKind is not JsonValueKind.Array) throw DaprErrors.PubSubEventSerialization("the body must be a list of {entryId, event, contentType}");
        List<BulkPublisher.Entry> entries = new(body.GetArrayLength());
        foreach (JsonElement entry in body.EnumerateArray())
        {
            if (entry.ValueKind is not JsonValueKind.Object || !entry.TryGetProperty("event", out JsonElement value)) throw DaprErrors.PubSubEventSerialization("an entry has no event");
            string contentType = HttpBodies.Text(entry, "contentType") ?? "";
            // Dapr compares names without case, and its SDK for JavaScript relies on it.
            string id = HttpBodies.Text(entry, "entryId") ?? HttpBodies.Text(entry, "entryID") ?? "";
            entries.Add(new(id, new Publisher.Item(Data(value, contentType), contentType, Metadata(entry, common))));
        }

        return entries;
    }

    private static IReadOnlyDictionary<string, string> Metadata(HttpContext context) =>
        context.Request.QueryString.HasValue ? context.Metadata() : Publisher.NoMetadata;

    /// <summary>An entry's own metadata go before those of the call.</summary>
    private static IReadOnlyDictionary<string, string> Metadata(JsonElement entry, IReadOnlyDictionary<string, string> common)
    {
        if (!entry.TryGetProperty("metadata", out _)) return common;
        Dictionary<string, string> metadata = new(common, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string text) in HttpBodies.TextMap(entry, "metadata")) metadata[name] = text;
        return metadata;
    }

    /// <summary>Octets come as base64 text, JSON as a value, all else as text.</summary>
    private static byte[] Data(JsonElement value, string contentType)
    {
        if (CloudEventWriter.IsJson(contentType) || value.ValueKind is not JsonValueKind.String) return JsonMarshal.GetRawUtf8Value(value).ToArray();
        bool octets = contentType.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase);
        return octets && value.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(value.GetString()!);
    }

    private static void WriteFailed(Utf8JsonWriter writer, IReadOnlyList<BulkPublisher.Failure> failed)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("failedEntries");
        foreach ((string id, string error) in failed)
        {
            writer.WriteStartObject();
            writer.WriteString("entryId", id);
            writer.WriteString("error", error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("errorCode", "ERR_PUBSUB_PUBLISH_MESSAGE");
        writer.WriteEndObject();
    }
}
