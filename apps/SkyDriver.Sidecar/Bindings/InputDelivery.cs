using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>Carries the events of one input binding to the app: <c>POST /{route}</c>, metadata as headers; only 200 says "processed".</summary>
/// <param name="gone">Fires when the app's instance is no more.</param>
/// <param name="policy">Repeats what the app did not process, before the component is told.</param>
internal sealed class InputDelivery(AppChannel channel, InputComponent input, ResiliencyPolicy policy, ILogger logger, CancellationToken gone)
{
    private const int MostAnswerBytes = 4 * 1024 * 1024;
    private const int MostQuotedChars = 512;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <exception cref="OperationCanceledException">The app is gone.</exception>
    public async Task<InputResult> SendAsync(InputEvent given)
    {
        try
        {
            return (await policy.ExecuteAsync((Delivery: this, Event: given), static (s, ct) => s.Delivery.TryAsync(s.Event, ct), gone, static tried => tried.Verdict)).Result;
        }
        catch (Exception fault) when (fault is TimeoutException or CircuitOpenException)
        {
            return Failed(fault.Message);
        }
    }

    private async ValueTask<(InputResult Result, Verdict Verdict)> TryAsync(InputEvent given, CancellationToken ct)
    {
        try
        {
            using HttpRequestMessage request = Request(given);
            using HttpResponseMessage response = await channel.SendAsync(request, ct);
            await response.Content.LoadIntoBufferAsync(MostAnswerBytes, ct);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(ct);
            if (response.StatusCode is HttpStatusCode.OK) return (new(answer, null), Verdict.Success);
            return (Failed($"the app answered {(int)response.StatusCode}: {Quote(answer)}"), Verdict.HttpFailure((int)response.StatusCode));
        }
        catch (HttpRequestException fault)
        {
            return (Failed($"the app cannot be reached: {fault.Message}"), Verdict.Failure);
        }
    }

    private HttpRequestMessage Request(InputEvent given)
    {
        HttpRequestMessage request = new(HttpMethod.Post, new Uri(input.Route, UriKind.Relative)) { Content = new ByteArrayContent(given.Data) };
        request.Content.Headers.ContentType = Json;
        foreach ((string name, string value) in given.Metadata)
        {
            // What HTTP cannot carry as a header is left out, rather than the event.
            bool printable = !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
            bool added = printable && request.Headers.TryAddWithoutValidation(name, value);
            if (!added) logger.LogDebug("Metadata {Field} of an event of {Name} is no header.", name, input.Name);
        }

        return request;
    }

    private InputResult Failed(string why)
    {
        logger.LogWarning("An event of {Name} was not processed: {Reason}", input.Name, why);
        return new([], why);
    }

    private static string Quote(byte[] answer) => Encoding.UTF8.GetString(answer, 0, Math.Min(answer.Length, MostQuotedChars));
}
