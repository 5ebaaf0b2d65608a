using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary><c>/scan/ID</c>: manifest and result together.</summary>
internal sealed class ScanEndpoints(Manifests manifests, ResultStore results, ScanControl control)
{
    private const string DeleteCompleted = "delete_completed_scan";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("GET", "/scan/{id}", new("Manifest and result.", Role.User, Role.Internal) { Redirects = true, Arguments = [Argument.IncludeDeleted] }, GetAsync);
        routes.MapCall("DELETE", "/scan/{id}", new("Aborts a scan, or marks a completed one deleted.", Role.User)
        {
            Redirects = true,
            Arguments = [new(DeleteCompleted, "boolean", "Needed for a scan that has its final result; false when not given."), Argument.ManifestProjection],
        }, DeleteAsync);
    }

    private async Task<IResult> GetAsync(Call call)
    {
        bool deleted = call.Arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call, deleted);
        return await ShowAsync(call, await manifests.ShowAsync(manifest, call.Caller.IsInternal, Projection.All, call.Aborted), deleted);
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        bool completed = call.Arguments.Boolean(DeleteCompleted) ?? false;
        Projection projection = Projection.Read(call.Arguments, Argument.ManifestProjection.Name);
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        if (manifest is { IsDeleted: false, Lifecycle.HasFinalResult: true } && !completed)
            throw new ApiException(StatusCodes.Status400BadRequest, "Attempted to delete a completed scan (must use `delete_completed_scan=True`)");
        manifest = await control.AbortAsync(call.ScanId, call.Aborted) ?? throw ScanIds.Unknown();
        return await ShowAsync(call, await manifests.ShowAsync(manifest, withEvent: false, projection, call.Aborted), deleted: true);
    }

    private async Task<IResult> ShowAsync(Call call, JsonObject manifest, bool deleted)
    {
        OpenResult? result = await results.OpenAsync(call.ScanId, call.Aborted);
        if (result is { Index.IsDeleted: true } && !deleted) result = null;
        return Results.Stream(
            async body =>
            {
                await using BlobStream? tables = result?.SkyscanResult;
                await body.WriteAsync("{\"manifest\":"u8.ToArray(), call.Aborted);
                await JsonSerializer.SerializeAsync(body, manifest, ContractJson.Options, call.Aborted);
                await body.WriteAsync(",\"result\":"u8.ToArray(), call.Aborted);
                if (result is null) await body.WriteAsync("{}"u8.ToArray(), call.Aborted);
                else await ResultBody.WriteAsync(body, result, withDeleted: false, call.Aborted);
                await body.WriteAsync("}"u8.ToArray(), call.Aborted);
            },
            Answers.Json);
    }
}
