using System.Diagnostics;

namespace SkyDriver.Hosting.Tracing;

/// <summary>Spans of what the services do: one for each batch or call, never one for each pixel.</summary>
/// <remarks>While nothing is exported nobody listens to the source, and every method here does nothing.</remarks>
public static class SkyDriverTracing
{
    public const string SourceName = "SkyDriver";

    /// <summary>Attributes of our spans.</summary>
    public const string ScanId = "skydriver.scan_id", Batch = "skydriver.batch", Batches = "skydriver.batches", Variations = "skydriver.variations", Worker = "skydriver.worker";

    /// <summary>Other traces that one span is shown to belong to, at most.</summary>
    private const int MostLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The context of what is being done, as W3C writes it, for somebody who goes on with it later; null when it is not recorded.</summary>
    public static string? Context => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } current ? current.Id : null;

    /// <summary>Begins a span of work that is handed out; dispose of it at the end.</summary>
    /// <param name="parent">A W3C <c>traceparent</c> of before; null, or one that cannot be read, takes what is being done now.</param>
    /// <returns>Null when nobody records it.</returns>
    public static Activity? StartSending(string name, string scanId, string? parent) =>
        Source.HasListeners() ? Source.StartActivity(name, ActivityKind.Producer, Parse(parent) ?? default)?.SetTag(ScanId, scanId) : null;

    /// <summary>Begins a span of what a message brought; dispose of it at the end.</summary>
    /// <param name="sender">The message's <c>traceparent</c>.</param>
    /// <param name="others">Those of messages that are done together with it.</param>
    /// <returns>Null when nobody records it.</returns>
    public static Activity? StartTaking(string name, string scanId, string? sender, IEnumerable<string?>? others = null) =>
        Source.HasListeners() ? Source.StartActivity(name, ActivityKind.Consumer, Parse(sender) is { } given ? Nearest(given) : default, tags: null, Links(sender, others))?.SetTag(ScanId, scanId) : null;

    private static ActivityLink[] Links(string? sender, IEnumerable<string?>? others) =>
        [.. (others ?? []).Where(other => other != sender).Distinct().Select(Parse).OfType<ActivityContext>().Take(MostLinks).Select(c => new ActivityLink(c))];

    /// <summary>A sidecar that makes spans itself has put one between the sender's and this request.</summary>
    private static ActivityContext Nearest(ActivityContext given) =>
        Activity.Current is { HasRemoteParent: true } current && current.TraceId == given.TraceId ? current.Context : given;

    private static ActivityContext? Parse(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out ActivityContext context) && context.TraceId != default ? context : null;
}
