using System.Diagnostics;

namespace SkyDriver.Hosting.Tracing;

/// <summary>Sends the context of whoever makes a call, not that of the call.</summary>
/// <remarks>
/// The HTTP client makes a span of its own for each request, of which there are many and which are not exported, being no more than
/// talk with the sidecar: what hangs below one would hang below nothing.
/// </remarks>
internal sealed class CallerPropagator(DistributedContextPropagator inner) : DistributedContextPropagator
{
    private const string HttpCall = "System.Net.Http.HttpRequestOut";

    public override IReadOnlyCollection<string> Fields => inner.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        inner.Inject(activity is { OperationName: HttpCall, Parent: { } caller } ? caller : activity, carrier, setter);

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => inner.ExtractBaggage(carrier, getter);
}
