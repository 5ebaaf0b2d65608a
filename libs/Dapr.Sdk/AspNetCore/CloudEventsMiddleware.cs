using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr.AspNetCore;

/// <summary>Replaces the body of a delivery by the data inside its CloudEvents envelope.</summary>
internal sealed class CloudEventsMiddleware(RequestDelegate next, CloudEventsMiddlewareOptions options)
{
    private const string EnvelopeType = "application/cloudevents+json";

    public Task InvokeAsync(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            && type.MediaType.Equals(EnvelopeType, StringComparison.OrdinalIgnoreCase)
            ? UnwrapAsync(context)
            : next(context);

    private async Task UnwrapAsync(HttpContext context)
    {
        var request = context.Request;
        if (await ReadAsync(request) is not { } payload)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var (originalBody, originalType, originalLength) = (request.Body, request.ContentType, request.ContentLength);
        try
        {
            request.Body = new MemoryStream(payload.Body, writable: false);
            request.ContentType = payload.ContentType;
            request.ContentLength = payload.Body.Length;
            if (options.ForwardCloudEventPropertiesAsHeaders) Forward(payload.Attributes, request.Headers);
            await next(context);
        }
        finally
        {
            (request.Body, request.ContentType, request.ContentLength) = (originalBody, originalType, originalLength);
        }
    }

    /// <summary>Null when the body is no envelope, or holds data in both forms.</summary>
    private async Task<Payload?> ReadAsync(HttpRequest request)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            var envelope = document.RootElement;
            if (envelope.ValueKind != JsonValueKind.Object) return null;
            bool hasData = envelope.TryGetProperty("data", out var data);
            bool hasBase64 = envelope.TryGetProperty("data_base64", out var base64);
            if (hasData && hasBase64) return null;
            string? type = envelope.TryGetProperty("datacontenttype", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString() : null;
            var attributes = Attributes(envelope);
            if (hasBase64) return new Payload(base64.GetBytesFromBase64(), type ?? "application/octet-stream", attributes);
            return hasData ? FromData(data, type, attributes) : new Payload([], null, attributes);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private Payload FromData(JsonElement data, string? contentType, IReadOnlyList<KeyValuePair<string, string>> attributes)
    {
        string type = contentType ?? "application/json";
        bool text = data.ValueKind == JsonValueKind.String && !IsJson(type) && !options.SuppressJsonDecodingOfTextPayloads;
        byte[] body = Encoding.UTF8.GetBytes(text ? data.GetString()! : data.GetRawText());
        return new Payload(body, WithUtf8(type), attributes);
    }

    private static bool IsJson(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>The envelope was UTF-8 text, and so is what came out of it.</summary>
    private static string WithUtf8(string contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return contentType;
        type.Charset = "utf-8";
        return type.ToString();
    }

    private IReadOnlyList<KeyValuePair<string, string>> Attributes(JsonElement envelope)
    {
        if (!options.ForwardCloudEventPropertiesAsHeaders) return [];
        return
        [
            .. envelope.EnumerateObject()
                .Where(p => p.Name is not ("data" or "data_base64") && p.Value.ValueKind != JsonValueKind.Null && Wanted(p.Name))
                .Select(p => KeyValuePair.Create(p.Name, p.Value.ToString())),
        ];
    }

    private bool Wanted(string name) =>
        options.IncludedCloudEventPropertiesAsHeaders?.Contains(name, StringComparer.OrdinalIgnoreCase) != false
        && options.ExcludedCloudEventPropertiesFromHeaders?.Contains(name, StringComparer.OrdinalIgnoreCase) != true;

    private static void Forward(IReadOnlyList<KeyValuePair<string, string>> attributes, IHeaderDictionary headers)
    {
        foreach (var (name, value) in attributes) headers.TryAdd($"Cloudevent.{name}", value);
    }

    private sealed record Payload(byte[] Body, string? ContentType, IReadOnlyList<KeyValuePair<string, string>> Attributes);
}
