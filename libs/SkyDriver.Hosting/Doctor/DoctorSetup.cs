using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Startup;

namespace SkyDriver.Hosting.Doctor;

/// <summary>Gives a service its doctor.</summary>
public static class DoctorSetup
{
    /// <summary>Where services other than the REST service answer; reached through sidecars only, on the loopback.</summary>
    public const string Route = "/system/checks";

    /// <summary>Adds the probes that every service has. After <see cref="StartupSetup.AddComponentCheck"/>.</summary>
    public static void AddDoctor(this IServiceCollection services) =>
        services.AddSingleton<ServiceDoctor>().AddSingleton<ISystemProbe, SidecarProbe>().AddSingleton<ISystemProbe, StoreProbe>();

    public static void MapDoctor(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Route, async (ServiceDoctor doctor, HttpContext context) => Results.Json(await doctor.ExamineAsync(context.RequestAborted), ContractJson.Options));
}
