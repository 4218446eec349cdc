# What each detector sees of an anomaly gets rows of its own.

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('maintenance', '0001_initial'),
        ('sensors', '0004_payload_storage'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Symptom',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('high_limit', 'High Limit'), ('low_limit', 'Low Limit'), ('deviation', 'Deviation'), ('relation', 'Relation')], max_length=12)),
                ('detector', models.CharField(help_text='Which detector and version said so', max_length=60)),
                ('started_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('scored_until', models.DateTimeField(editable=False, help_text='Readings from before come late and change nothing')),
                ('peak_at', models.DateTimeField()),
                ('peak_value', models.FloatField()),
                ('score', models.FloatField(help_text='Now; 1 is the alarm line')),
                ('score_worst', models.FloatField()),
                ('reason', models.CharField(max_length=300)),
                ('evidence', models.JSONField(default=dict)),
                ('correlation_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='anomaly',
            name='one_open_anomaly_per_sensor_and_kind',
        ),
        migrations.AddField(
            model_name='anomaly',
            name='contributions',
            field=models.JSONField(default=dict, help_text='By code of the sensor; together 1. Candidates, not the cause'),
        ),
        migrations.AddField(
            model_name='anomaly',
            name='is_joint',
            field=models.BooleanField(default=False, editable=False, help_text='Takes in what else deviates on the asset'),
        ),
        migrations.AddConstraint(
            model_name='anomaly',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), ('is_joint', False)), fields=('sensor', 'kind'), name='one_open_anomaly_per_sensor_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='anomaly',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), ('is_joint', True)), fields=('asset', 'kind'), name='one_open_joint_anomaly_per_asset_and_kind'),
        ),
        migrations.AddField(
            model_name='symptom',
            name='anomaly',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='symptoms', to='maintenance.anomaly'),
        ),
        migrations.AddField(
            model_name='symptom',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='symptoms', to='sensors.asset'),
        ),
        migrations.AddField(
            model_name='symptom',
            name='foremost',
            field=models.ForeignKey(help_text='Which has most to do with it', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sensors.sensor'),
        ),
        migrations.AddField(
            model_name='symptom',
            name='sensor',
            field=models.ForeignKey(blank=True, help_text='Empty where it is of the asset as a whole', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='symptoms', to='sensors.sensor'),
        ),
        migrations.AddConstraint(
            model_name='symptom',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('asset', 'sensor', 'kind'), name='one_open_symptom_per_sensor_and_kind', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='symptom',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='a_symptom_ends_after_it_began'),
        ),
    ]
