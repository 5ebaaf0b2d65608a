using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary><c>/scan</c> and <c>/scans</c>.</summary>
internal static class ScanEndpoints
{
    public static void MapScans(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/scan", Launch);
        routes.MapGet("/scans", Find);
    }

    private static async Task<IResult> Launch(HttpContext context, LaunchValidator validator, ScanLauncher launcher, EventStore events)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request);
        LaunchArguments launch = LaunchArguments.Read(arguments);
        foreach (FluentValidation.Results.ValidationFailure failure in validator.Validate(launch).Errors) arguments.Fault(failure.ErrorMessage);
        arguments.ThrowIfFaulty();
        string? key = context.Request.Headers["Idempotency-Key"];
        ScanManifest manifest = await launcher.LaunchAsync(
            launch, context.User.Identity?.Name ?? "", string.IsNullOrWhiteSpace(key) ? null : key, context.RequestAborted);
        return await ManifestEndpoints.WithEventAsync(manifest, events, context.RequestAborted);
    }

    private static async Task<IResult> Find(HttpContext context, ScanStore scans)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request);
        foreach (string name in new[] { "run_id", "event_id", "is_real_event" }) arguments.Require(name);
        long? run = arguments.Integer("run_id"), number = arguments.Integer("event_id");
        bool? real = arguments.Boolean("is_real_event");
        bool deleted = arguments.Boolean("include_deleted") ?? false;
        arguments.ThrowIfFaulty();

        List<string> found = [];
        foreach (ScanOfEventV1 scan in await scans.ScansOfEventAsync(run!.Value, number!.Value, context.RequestAborted))
        {
            if (scan.IsRealEvent != real) continue;
            if (deleted || await scans.GetManifestAsync(scan.ScanId, context.RequestAborted) is { IsDeleted: false }) found.Add(scan.ScanId);
        }

        return Results.Json(new { event_id = number, scan_ids = found });
    }
}
