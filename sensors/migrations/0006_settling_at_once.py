from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sensors', '0005_rates_and_gates'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sensor',
            name='settle_time',
            field=models.DurationField(blank=True, help_text='After a start, until the machine counts as running', null=True),
        ),
    ]
