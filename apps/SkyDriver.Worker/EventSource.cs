using System.Net;
using System.Text.Json;
using SkyDriver.Hosting;

namespace SkyDriver.Worker;

/// <summary>Fetches the scan's event from the REST service.</summary>
public sealed partial class EventSource(HttpClient http, WorkerOptions options, TimeProvider clock, ILogger<EventSource> log)
{
    /// <summary>Exit code of a worker that cannot have its event.</summary>
    public const int NoEvent = 5;

    /// <summary>Events are below 1 MB; far more than that is none.</summary>
    private const long MaxEventBytes = 64 << 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <returns>The event's JSON.</returns>
    /// <exception cref="StartupException">The service does not have it, or did not answer in time.</exception>
    public async Task<ReadOnlyMemory<byte>> FetchAsync(CancellationToken cancellationToken)
    {
        Uri address = new($"{options.Api.AbsoluteUri.TrimEnd('/')}/scan/{Uri.EscapeDataString(options.ScanId)}/i3-event");
        http.MaxResponseContentBufferSize = MaxEventBytes;
        long start = clock.GetTimestamp();
        for (TimeSpan wait = FirstWait; ; wait = Min(2 * wait, LongestWait))
        {
            string fault;
            try
            {
                using HttpResponseMessage response = await http.GetAsync(address, cancellationToken);
                if (response.IsSuccessStatusCode) return Unwrap(await response.Content.ReadAsByteArrayAsync(cancellationToken), address);
                fault = $"{(int)response.StatusCode} {response.ReasonPhrase}";
                if (IsFinal(response.StatusCode)) throw new StartupException($"{address} answers {fault}; the scan has no event for this worker.", NoEvent);
            }
            catch (Exception unreachable) when (unreachable is HttpRequestException || (unreachable is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                fault = unreachable.Message;
            }

            if (clock.GetElapsedTime(start) + wait > options.EventTimeout)
                throw new StartupException($"{address} gave no event within {options.EventTimeout.TotalSeconds:0} s: {fault} Is SKYDRIVER_API right and the service up?", NoEvent);
            LogRetry(address, fault);
            await Task.Delay(wait, clock, cancellationToken);
        }
    }

    private static bool IsFinal(HttpStatusCode status) =>
        status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);

    private static ReadOnlyMemory<byte> Unwrap(byte[] body, Uri address)
    {
        try
        {
            Utf8JsonReader reader = new(body);
            if (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
                {
                    bool isEvent = reader.ValueTextEquals("i3_event");
                    reader.Read();
                    int start = checked((int)reader.TokenStartIndex);
                    reader.Skip();
                    if (isEvent) return body.AsMemory(start, checked((int)reader.BytesConsumed) - start);
                }
            }
        }
        catch (JsonException broken)
        {
            throw new StartupException($"{address} did not answer with JSON: {broken.Message}", NoEvent);
        }

        throw new StartupException($"{address} answered without the member 'i3_event'.", NoEvent);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "no event yet from {Address}: {Fault}")]
    private partial void LogRetry(Uri address, string fault);
}
