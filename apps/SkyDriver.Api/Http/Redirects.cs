using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Http;

/// <summary>Sends users from a replaced scan to the one that took its place, hop by hop.</summary>
/// <remarks>Never the scan's own programs: a replaced scanner must still see that it was told to end.</remarks>
internal static class Redirects
{
    /// <returns>The redirection, or null when the call is to be answered here.</returns>
    public static async Task<IResult?> OfAsync(Call call)
    {
        bool stay = call.Arguments.Boolean(Argument.NoRedirect.Name) ?? false;
        if (stay || call.Caller.IsInternal || call.Caller.OnlyScan is not null || call.Arguments.Faults.Count > 0) return null;
        ScanStore scans = call.Http.RequestServices.GetRequiredService<ScanStore>();
        if (await scans.GetManifestAsync(call.ScanId, call.Aborted) is not { ReplacedByScanId: { } next }) return null;

        HttpRequest request = call.Http.Request;
        string path = request.PathBase + request.Path.Value!.Replace($"/scan/{call.ScanId}", $"/scan/{next}", StringComparison.OrdinalIgnoreCase);
        call.Http.Response.Headers.Location = path + request.QueryString;
        // A 302 would turn a POST or DELETE into a GET.
        bool reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return Results.Json(new { replaced_by_scan_id = next }, ContractJson.Options, statusCode: reads ? StatusCodes.Status302Found : StatusCodes.Status307TemporaryRedirect);
    }
}
