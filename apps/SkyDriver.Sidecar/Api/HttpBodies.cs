using System.Text.Json;
using Microsoft.Extensions.Primitives;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Api;

/// <summary>Reading requests and writing answers of the HTTP API.</summary>
internal static class HttpBodies
{
    /// <summary>Bytes that are set aside for a body before it has come.</summary>
    private const long Announced = 64 * 1024;

    /// <summary>The whole body; the server holds it to the instance's limit.</summary>
    /// <exception cref="DaprFault">It is too large.</exception>
    public static async Task<byte[]> ReadBodyAsync(this HttpContext context)
    {
        long limit = context.Sidecar().Settings.MaxBodySize;
        if (context.Request.ContentLength > limit) throw DaprErrors.BodyTooLarge(limit);
        if (context.Request.ContentLength is { } length and <= Announced)
        {
            byte[] exact = new byte[length];
            await context.Request.Body.ReadExactlyAsync(exact, context.RequestAborted);
            return exact;
        }

        // Grows with what really comes, not with what was announced.
        using MemoryStream buffer = new();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    /// <exception cref="DaprFault">The body is no JSON.</exception>
    public static async Task<JsonDocument> ReadJsonAsync(this HttpContext context)
    {
        try
        {
            return JsonDocument.Parse(await context.ReadBodyAsync());
        }
        catch (JsonException fault)
        {
            throw DaprErrors.MalformedRequest(fault.Message);
        }
    }

    /// <summary>Request metadata: query parameters <c>metadata.name=value</c>.</summary>
    public static Dictionary<string, string> Metadata(this HttpContext context)
    {
        Dictionary<string, string> metadata = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, StringValues value) in context.Request.Query)
        {
            if (name.StartsWith("metadata.", StringComparison.OrdinalIgnoreCase)) metadata[name["metadata.".Length..]] = value.ToString();
        }

        return metadata;
    }

    /// <summary>A path parameter; a slash in it may have come encoded.</summary>
    public static string Route(this HttpContext context, string name) =>
        ((string?)context.Request.RouteValues[name] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    public static async Task WriteJsonAsync(this HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter);
        write(writer);
        await writer.FlushAsync(context.RequestAborted);
    }

    public static Task WriteNothing(this HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>A mapping of texts in a request's JSON; anything else counts as empty.</summary>
    public static Dictionary<string, string> TextMap(JsonElement element, string name)
    {
        Dictionary<string, string> map = new(StringComparer.OrdinalIgnoreCase);
        if (!element.TryGetProperty(name, out JsonElement fields) || fields.ValueKind is not JsonValueKind.Object) return map;
        foreach (JsonProperty field in fields.EnumerateObject()) map[field.Name] = field.Value.ToString();
        return map;
    }

    /// <summary>A text in a request's JSON; null when missing or of another kind.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement field) && field.ValueKind is JsonValueKind.String ? field.GetString() : null;
}
