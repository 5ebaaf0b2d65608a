using System.Diagnostics;

namespace SkyDriver.Testing;

/// <summary>Runs one test of this assembly again in a process that is told to do without some of the processor's instructions.</summary>
internal static class OtherMachine
{
    /// <summary>Settings of such processes that are still quick.</summary>
    public static readonly string[] Quick = ["DOTNET_EnableAVX512F=0", "DOTNET_EnableAVX2=0", "DOTNET_TieredCompilation=0"];

    /// <summary>And of those in which a fused operation is a subroutine; the last keeps the C library from the newer instructions too.</summary>
    public static readonly string[] Slow =
        ["DOTNET_EnableHWIntrinsic=0", "DOTNET_EnableAVX2=0 GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-FMA,-FMA_Usable"];

    /// <param name="environment">One of <see cref="Quick"/> or <see cref="Slow"/>.</param>
    /// <param name="test">Class of the test.</param>
    /// <param name="method">Name of the test, which takes no arguments and must pass.</param>
    public static void Repeats(string environment, Type test, string method)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { test.Assembly.Location, "-noLogo", "-noColor", "-method", $"{test.FullName}.{method}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string setting in environment.Split(' ')) start.Environment[setting[..setting.IndexOf('=')]] = setting[(setting.IndexOf('=') + 1)..];
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(4)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{method} with {environment} did not end within four minutes");
        }

        Assert.True(process.ExitCode == 0 && output.Result.Contains("Total: 1", StringComparison.Ordinal), output.Result + errors.Result);
    }
}
