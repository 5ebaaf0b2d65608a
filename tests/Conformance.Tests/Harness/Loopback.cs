using System.Globalization;

namespace SkyDriver.Conformance.Tests;

internal static class Loopback
{
    public static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
