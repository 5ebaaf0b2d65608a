using System.Buffers.Text;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Harness;

/// <summary>The readers of the launchers, which judge what a component tells them.</summary>
internal static class Launchers
{
    private static readonly string Token = $"x.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"sub":"skydriver@pool.example.org"}"""))}.x";

    /// <exception cref="FormatException">The launcher would refuse it; the message says why.</exception>
    public static void Take(YamlMappingNode component)
    {
        // What a secret gives is a token.
        KeyValuePair<string, string>[] metadata = [.. component.List("spec.metadata").Select(m => KeyValuePair.Create(m.Text("name")!, m.Text("value") ?? Token))];
        if (component.Text("spec.type") == "bindings.htcondor") HtCondor.Settings.SettingsReader.Read(metadata);
        else if (component.Text("spec.type") == "bindings.kubernetes-jobs") KubernetesJobs.Settings.SettingsReader.Read(component.Text("metadata.name")!, metadata);
        else throw new FormatException($"{component.Text("spec.type")} is no launcher");
    }
}
