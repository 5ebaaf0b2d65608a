using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace SkyDriver.KubernetesJobs.Cluster;

/// <summary>Why the API did not do what it was asked.</summary>
internal enum ApiFaultKind
{
    /// <summary>It was not reached, or the connection broke: what was asked may have been done.</summary>
    Unreachable,

    /// <summary>It answered that it has too much to do; nothing was done.</summary>
    Busy,

    /// <summary>A resource quota of the namespace.</summary>
    Quota,

    /// <summary>The credentials are none, or do not allow it.</summary>
    Forbidden,

    NotFound,

    /// <summary>The name is taken, or the object has changed meanwhile.</summary>
    Conflict,

    /// <summary>The version of a watch is too old.</summary>
    Gone,

    /// <summary>The API does not take the document.</summary>
    Invalid,
}

/// <param name="retryAfter">As the API asked; null where it did not.</param>
internal sealed class ApiFault(ApiFaultKind kind, string message, TimeSpan? retryAfter, Exception? cause) : Exception(message, cause)
{
    private const int MaxTold = 1000;

    public ApiFaultKind Kind => kind;

    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>The same request may work by itself after a while.</summary>
    public bool IsPassing => kind is ApiFaultKind.Unreachable or ApiFaultKind.Busy;

    /// <returns>Null for faults that are not of the API or of the way to it.</returns>
    public static ApiFault? From(Exception fault) => fault switch
    {
        ApiFault known => known,
        HttpOperationException { Response: not null } answer => From(answer),
        KubernetesException { Status: { } status } => new(KindOf((HttpStatusCode)(status.Code ?? 500), status.Message), Told(status.Message), null, fault),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => new(ApiFaultKind.Busy, Told(fault.Message), null, fault),
        HttpRequestException or IOException or OperationCanceledException or JsonException => new(ApiFaultKind.Unreachable, Told(fault.Message), null, fault),
        _ => null,
    };

    private static ApiFault From(HttpOperationException answer)
    {
        V1Status? status = Status(answer.Response.Content);
        string told = Told(status?.Message is { Length: > 0 } message ? message : answer.Response.Content is { Length: > 0 } content ? content : answer.Response.ReasonPhrase);
        HttpStatusCode code = answer.Response.StatusCode;
        return new(KindOf(code, told), $"{told} (status {(int)code})", RetryTime(answer.Response, status), answer);
    }

    private static ApiFaultKind KindOf(HttpStatusCode code, string? told) => code switch
    {
        // The only sign by which a quota's refusal differs from one of rights.
        HttpStatusCode.Forbidden when told?.Contains("exceeded quota", StringComparison.OrdinalIgnoreCase) is true => ApiFaultKind.Quota,
        HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => ApiFaultKind.Forbidden,
        HttpStatusCode.NotFound => ApiFaultKind.NotFound,
        HttpStatusCode.Conflict => ApiFaultKind.Conflict,
        HttpStatusCode.Gone => ApiFaultKind.Gone,
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => ApiFaultKind.Busy,
        >= HttpStatusCode.InternalServerError => ApiFaultKind.Unreachable,
        _ => ApiFaultKind.Invalid,
    };

    private static V1Status? Status(string? content)
    {
        try
        {
            return content is { Length: > 0 } ? KubernetesJson.Deserialize<V1Status>(content) : null;
        }
        catch (JsonException)
        {
            // A proxy on the way answers in its own words.
            return null;
        }
    }

    private static TimeSpan? RetryTime(HttpResponseMessageWrapper response, V1Status? status)
    {
        string? header = response.Headers.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        if (int.TryParse(header, out int seconds) && seconds >= 0) return TimeSpan.FromSeconds(seconds);
        return status?.Details?.RetryAfterSeconds is { } asked and >= 0 ? TimeSpan.FromSeconds(asked) : null;
    }

    private static string Told(string? message) => message is { Length: > MaxTold } ? message[..MaxTold] + "..." : message ?? "";
}
