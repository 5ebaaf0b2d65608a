using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Hosting;

namespace SkyDriver.Api.Fleet;

/// <param name="Remote">Base URI below which workers keep files; null when the site names none.</param>
/// <param name="ConfigFile">Storage configuration for workers, with its secrets; null when the site gives none out.</param>
internal sealed record FleetStorageOptions(string? Remote, string? ConfigFile)
{
    public static FleetStorageOptions Read(Settings settings) =>
        new(settings.Text("SKYDRIVER_FLEET_REMOTE", "") is { Length: > 0 } remote ? remote : null, settings.Text("SKYDRIVER_FLEET_STORAGE_CONFIG", "") is { Length: > 0 } file ? file : null);
}

/// <summary><c>/config</c>: where workers find files.</summary>
internal sealed class StorageEndpoints(FleetStorageOptions options, AuthOptions auth)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/config/remote", new("Base URI of the site's storage.", FleetRoutes.Everybody) { Answers = "text/plain" }, call =>
        {
            call.ThrowIfFaulty();
            return Task.FromResult(Results.Text(options.Remote ?? throw ApiException.NotFound("no storage is configured; the site sets SKYDRIVER_FLEET_REMOTE")));
        });
        routes.MapFleet("GET", "/config/rclone", new("Storage configuration for workers, with its secrets.", Role.Internal) { Answers = "text/plain" }, async call =>
        {
            call.ThrowIfFaulty();
            // Without authentication anybody could have it.
            if (auth.Issuer is null) throw new ApiException(StatusCodes.Status403Forbidden, "secrets are given out only where authentication is on; the site sets SKYDRIVER_AUTH_ISSUER");
            string file = options.ConfigFile ?? throw ApiException.NotFound("no storage configuration is given out; the site sets SKYDRIVER_FLEET_STORAGE_CONFIG");
            return Results.Text(await File.ReadAllTextAsync(file, call.Aborted));
        });
    }
}
