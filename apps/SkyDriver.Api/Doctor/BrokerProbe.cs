using System.Collections.Concurrent;
using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Doctor;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Doctor;

/// <summary>Publishes a message and waits until it comes back.</summary>
/// <remarks>Replicas share one subscription: whichever gets the message leaves a note in the store when it is not its own.</remarks>
internal sealed class BrokerProbe(Broker broker, StateStore store, TimeProvider clock) : ISystemProbe
{
    private const string Route = "messages/probes";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250), Lifetime = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> waiting = new();

    public string Name => "broker";

    public string Remedy => $"Look at the server behind the component '{Components.PubSub}' and at the log of the api's sidecar: a message was published and did not come back.";

    /// <summary>As <c>/dapr/subscribe</c> names it.</summary>
    public static object Subscription => new { pubsubname = Components.PubSub, topic = Topics.Probes, route = Route };

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost(Route, (Delegate)TakeAsync).ForSidecarOnly().ExcludeFromDescription();

    public async Task<IReadOnlyList<SystemCheckV1>> RunAsync(CancellationToken cancellationToken)
    {
        string id = Guid.NewGuid().ToString("N");
        TaskCompletionSource back = waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long start = clock.GetTimestamp();
        try
        {
            await broker.PublishAsync(Topics.Probes, new ProbeV1(id), cancellationToken);
            while (!back.Task.IsCompleted && await store.GetAsync<ProbeV1>(StateKeys.Probe(id), cancellationToken) is null)
                await Task.WhenAny(back.Task, Task.Delay(Look, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return [SystemCheckV1.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"a message came back in {clock.GetElapsedTime(start).TotalMilliseconds:0} ms"))];
        }
        finally
        {
            waiting.TryRemove(id, out _);
        }
    }

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        if (await ReadIdAsync(context) is not { } id) return TopicAnswer.Drop;
        if (waiting.TryGetValue(id, out TaskCompletionSource? here)) here.TrySetResult();
        else await store.SaveAsync(StateKeys.Probe(id), new ProbeV1(id), Lifetime, context.RequestAborted);
        return TopicAnswer.Success;
    }

    private static async Task<string?> ReadIdAsync(HttpContext context)
    {
        try
        {
            ProbeEnvelope? envelope = await context.Request.ReadFromJsonAsync<ProbeEnvelope>(ContractJson.Options, context.RequestAborted);
            return envelope?.Data is { Id: { Length: 32 } id } && id.All(char.IsAsciiHexDigitLower) ? id : null;
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private sealed record ProbeEnvelope(ProbeV1? Data);

    private sealed record ProbeV1([property: System.Text.Json.Serialization.JsonPropertyName("id")] string Id);
}
