using System.Net;
using System.Security.Cryptography;
using System.Text;
using SkyDriver.Api.Http;

namespace SkyDriver.Api.Doctor;

/// <summary>Tells the sidecar from users, who reach the same port and must not make messages up.</summary>
internal sealed class SidecarCaller(IConfiguration configuration)
{
    /// <exception cref="ApiException">It is not the sidecar; to others there is nothing here.</exception>
    public void Require(HttpContext context)
    {
        if (!IsSidecar(context)) throw ApiException.NotFound("Not Found");
    }

    private bool IsSidecar(HttpContext context)
    {
        if (configuration["APP_API_TOKEN"] is { Length: > 0 } token)
        {
            return context.Request.Headers["dapr-api-token"] is [{ } given] && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));
        }

        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
    }
}
